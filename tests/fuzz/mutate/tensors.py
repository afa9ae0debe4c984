"""Changes of initializers: their numbers, shapes, types, and how they are stored."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.fuzz.mutate.draft import MOST_ELEMENTS, Draft, SkipError, mutator, number

DTYPES = (
    *(TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.INT8),
    *(TensorProto.UINT8, TensorProto.INT32, TensorProto.INT64, TensorProto.BOOL, TensorProto.UINT64),
    *(TensorProto.INT4, TensorProto.UINT4, TensorProto.INT16),
)


def _chosen(draft: Draft, floats: bool = True) -> tuple[onnx.NodeProto, int, np.ndarray]:
    """A parameter of a node as an array."""
    node, index, tensor = draft.parameter()
    try:
        array = numpy_helper.to_array(tensor)
    except Exception:
        raise SkipError from None
    if not array.size or array.size > MOST_ELEMENTS or (floats and array.dtype.kind != "f"):
        raise SkipError
    return node, index, array.copy()


@mutator(6)
def one_number(draft: Draft) -> None:
    """One element of a parameter."""
    node, index, array = _chosen(draft)
    array.reshape(-1)[draft.random.randrange(array.size)] = number(draft)
    draft.own(node, index, array)


@mutator(3)
def all_numbers(draft: Draft) -> None:
    """All elements: one number, the negative ones, doubled, the other way round, sorted, or in doubles."""
    node, index, array = _chosen(draft)
    with np.errstate(all="ignore"):
        changed = draft.pick(
            (
                np.full_like(array, number(draft)),
                -array,
                array * 2,
                array / 2,
                array + array.dtype.type(0.5),
                array.reshape(-1)[::-1].reshape(array.shape),
                np.sort(array, axis=-1) if array.ndim else array,
                array * array.dtype.type(2.0) ** draft.pick((-30, -140, 30, 90, 3)),
            )
        )
    draft.own(node, index, np.ascontiguousarray(changed))


@mutator(4)
def random_numbers(draft: Draft) -> None:
    """New elements of the same kind: signs, small whole numbers, or fractions."""
    node, index, array = _chosen(draft)
    random = np.random.default_rng(draft.random.getrandbits(32))
    values: Any = draft.pick(
        ([-1, 1], [-1, 0, 1], [0, 1], np.arange(-8, 8), np.arange(-64, 64) / 16, [1, 127, -128])
    )
    draft.own(node, index, random.choice(values, array.shape).astype(array.dtype))


@mutator(2)
def whole_numbers(draft: Draft) -> None:
    """Elements of a shape, of axes, or of how many: one of them changed."""
    types = (TensorProto.INT64, TensorProto.INT32)
    readers = [(n, k, draft.initializer(name)) for n in draft.graph.node for k, name in enumerate(n.input)]
    node, index, tensor = draft.pick(
        (n, k, t) for n, k, t in readers if t is not None and t.data_type in types
    )
    array = np.atleast_1d(numpy_helper.to_array(tensor)).astype(np.int64)
    array[draft.random.randrange(array.size)] = draft.pick(
        (0, 1, 2, -1, -2, 3, 4, 1 << 31, (1 << 63) - 1, -(1 << 62))
    )
    draft.own(node, index, array)


@mutator(3)
def scale_each(draft: Draft) -> None:
    """One number becomes one for each channel, along an axis that may be the right one."""
    node, index, array = _chosen(draft)
    shape = draft.shapes.get(node.output[0]) if node.output else None
    if array.size != 1 or not shape:
        raise SkipError
    axis = draft.random.randrange(len(shape))
    wanted = [1] * (len(shape) - (0 if draft.chance(0.7) else axis))
    axis = min(axis, len(wanted) - 1)
    wanted[axis] = shape[axis - len(wanted)]
    factors = draft.pick(((1, 1), (1, 0.5), (1, 2, 4), (0.5, 0.25), (1, 3), (-1, 1)))
    draft.own(node, index, (np.resize(factors, wanted) * array.reshape(-1)[0]).astype(array.dtype))


@mutator(2)
def shape(draft: Draft) -> None:
    """The same elements in another shape."""
    node, index, array = _chosen(draft, floats=False)
    options = [(-1,), (1, -1), (-1, 1), (1, *array.shape), (*array.shape, 1), array.shape[::-1]]
    options += [()] if array.size == 1 else []
    draft.own(node, index, array.reshape(draft.pick(options)))


@mutator(1)
def cut_or_grown(draft: Draft) -> None:
    """One more along an axis, one less, or nothing at all."""
    node, index, array = _chosen(draft, floats=False)
    if not array.ndim:
        raise SkipError
    axis = draft.random.randrange(array.ndim)
    kind = draft.pick(("more", "less", "none", "transposed"))
    if kind == "transposed":
        draft.own(node, index, np.ascontiguousarray(array.T))
    elif kind == "more":
        draft.own(node, index, np.concatenate([array, np.take(array, [0], axis)], axis))
    else:
        count = array.shape[axis] - 1 if kind == "less" else 0
        draft.own(node, index, np.take(array, range(count), axis))


@mutator(1.5)
def dtype(draft: Draft) -> None:
    """The same numbers, as far as it goes, in another type."""
    node, index, array = _chosen(draft, floats=False)
    wanted = draft.pick(DTYPES)
    with np.errstate(all="ignore"):
        changed = array.astype(helper.tensor_dtype_to_np_dtype(wanted))
    draft.own(node, index, changed)


@mutator(2)
def stored_otherwise(draft: Draft) -> None:
    """Typed fields in place of raw bytes, a Constant node in place of an initializer, or an input as well."""
    _, _, tensor = draft.parameter()
    if np.prod(tensor.dims, dtype=float) > MOST_ELEMENTS:
        raise SkipError
    try:
        array = numpy_helper.to_array(tensor)
    except Exception:
        raise SkipError from None
    kind = draft.pick(("typed", "node", "input", "metadata"))
    if kind == "typed" and tensor.data_type == TensorProto.FLOAT:
        tensor.ClearField("raw_data")
        tensor.float_data[:] = array.reshape(-1).tolist()
    elif kind == "node":
        node = helper.make_node("Constant", [], [tensor.name], value=numpy_helper.from_array(array))
        if array.ndim == 0 and array.dtype == np.float32 and draft.chance(0.5):
            node = helper.make_node("Constant", [], [tensor.name], value_float=float(array))
        draft.graph.initializer.remove(tensor)
        draft.replace_nodes([node, *draft.graph.node])
    elif kind == "input":
        info = helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims))
        draft.graph.input.append(info)
    else:
        tensor.doc_string = "told"


@mutator(1.5)
def damaged(draft: Draft) -> None:
    """Bytes, dimensions or a type that do not fit together."""
    _, _, tensor = draft.parameter()
    kind = draft.pick(
        ("bytes", "more", "dims", "negative", "huge", "type", "typed", "outside", "name", "segment")
    )
    if kind == "bytes":
        tensor.raw_data = tensor.raw_data[: -draft.pick((1, 2, 4))]
    elif kind == "more":
        tensor.raw_data += b"\0" * draft.pick((1, 4))
    elif kind in ("dims", "negative", "huge"):
        dims = {"dims": (0, 1, 2, 3), "negative": (-1, -3), "huge": (1 << 40, (1 << 63) - 1)}[kind]
        if tensor.dims and draft.chance(0.7):
            tensor.dims[draft.random.randrange(len(tensor.dims))] = draft.pick(dims)
        else:
            tensor.dims.append(draft.pick(dims))
    elif kind == "type":
        tensor.data_type = draft.pick((0, 1, 2, 6, 7, 8, 9, 10, 11, 14, 16, 17, 22, 23, 99))
    elif kind == "typed":
        tensor.float_data.append(1.0)
    elif kind == "outside":
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=draft.pick(("weights.bin", "../../etc/passwd", "")))
    elif kind == "name":
        tensor.name = draft.pick(("", "x", *sorted(draft.tensors())))
    else:
        tensor.segment.begin, tensor.segment.end = 1, 2


@mutator(0.7)
def shared(draft: Draft) -> None:
    """One initializer in place of another."""
    node, index, tensor = draft.parameter()
    alike = [i.name for i in draft.graph.initializer if i.dims == tensor.dims or draft.chance(0.1)]
    node.input[index] = draft.pick(n for n in alike if n != tensor.name)


@mutator(0.3)
def twice(draft: Draft) -> None:
    """Two initializers of one name."""
    _, _, tensor = draft.parameter()
    copy = draft.graph.initializer.add()
    copy.CopyFrom(tensor)
    copy.raw_data = copy.raw_data[::-1]
