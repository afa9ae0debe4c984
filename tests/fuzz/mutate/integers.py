"""Changes of what integers stand for: their scales and zero points, and arithmetic on the integers themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from tests.fuzz.mutate.draft import Draft, Insertion, SkipError, mutator, number
from tests.fuzz.mutate.inserts import flowing

WHOLE = (TensorProto.INT8, TensorProto.UINT8, TensorProto.INT32)
MAKERS = ("QuantizeLinear", "QLinear", "QGemm", "ConvInteger", "MatMulInteger")
"""Operators whose results are integers begin so."""
SCALES = (0.5, 0.25, 1.0, 2.0, 0.75, 0.0873, 1.0 / 3)
ZEROS = (0, 0, 1, 3, 100, 127)


@mutator(3)
def integers(draft: Draft) -> None:
    """Weights or a zero point: one of them changed, all of them, or in another type."""
    readers = ((n, k, draft.initializer(name)) for n in draft.graph.node for k, name in enumerate(n.input))
    node, index, tensor = draft.pick(
        (n, k, t) for n, k, t in readers if t is not None and t.data_type in WHOLE
    )
    try:
        array = np.array(numpy_helper.to_array(tensor))
    except Exception:
        raise SkipError from None
    if not array.size:
        raise SkipError
    info = np.iinfo(array.dtype)
    value = draft.pick(v for v in (0, 1, 2, -1, -3, 120, info.min, info.max) if info.min <= v <= info.max)
    kind = draft.pick(("one", "one", "all", "type"))
    if kind == "one":
        array.reshape(-1)[draft.random.randrange(array.size)] = value
    elif kind == "all":
        array = np.full_like(array, value)
    else:
        array = array.astype(draft.pick((np.int8, np.uint8, np.int32, np.int64, np.int16)))
    draft.own(node, index, array)


@mutator(4)
def stand_for_numbers(draft: Draft) -> None:
    """QuantizeLinear and DequantizeLinear, whose parameters may differ, for all or for each of an axis."""
    at, shape = flowing(draft)
    axis = draft.random.randrange(len(shape)) if draft.chance(0.3) else min(1, len(shape) - 1)
    count = shape[axis] if draft.chance(0.5) else 1
    type_ = draft.pick((np.int8, np.uint8))

    def parameters() -> list[Any]:
        scales = np.array([draft.pick(SCALES) for _ in range(count)])
        zeros = np.array([draft.pick(ZEROS) for _ in range(count)])
        if count == 1 and draft.chance(0.7):
            scales, zeros = scales.reshape(()), zeros.reshape(())
        given = [None, draft.constant(scales)]
        return [*given, draft.constant(zeros, type_)] if draft.chance(0.8) else given

    there = parameters()
    back = parameters() if draft.chance(0.3) else there
    where = {"axis": axis} if draft.chance(0.9) else {}
    steps: list[Insertion] = [("QuantizeLinear", there, where), ("DequantizeLinear", back, where)]
    if draft.chance(0.3):
        low, high = sorted(draft.random.randrange(0, 128) for _ in range(2))
        ends = [draft.constant(end, type_) for end in (low, high)]
        steps.insert(1, ("Clip", [None, *ends], {}))
    draft.insert(at, *steps)


@mutator(3)
def on_integers(draft: Draft) -> None:
    """An operator between those that make integers and those that read them."""
    made = {o: n for n in draft.graph.node if n.op_type.startswith(MAKERS) for o in n.output}
    place = draft.pick(
        (number, index)
        for number, node in enumerate(draft.graph.node)
        for index, name in enumerate(node.input)
        if name in made
    )
    type_ = _type(draft, made[draft.at(place)])
    value = draft.constant(draft.pick((0, 1, 2, 3, 100)), type_)
    two = [None, value] if draft.chance(0.7) else [value, None]
    ends = [draft.constant(v, type_) for v in draft.pick(((0, 3), (1, 100), (5, 1)))]
    shape = draft.shapes.get(draft.at(place), (1, 1))
    steps: list[Insertion] = [
        (draft.pick(("Add", "Sub", "Mul", "Div", "Max", "Min")), two, {}),
        ("Clip", [None, *ends], {}),
        (draft.pick(("Relu", "Neg", "Abs", "Sign", "Identity", "Round")), [None], {}),
        ("Cast", [None], {"to": draft.pick((1, 2, 3, 6, 7, 9))}),
        ("Add", [None, None], {}),
        ("Reshape", [None, draft.constant([0, *shape[1:]], np.int64)], {}),
        ("Concat", [None, None], {"axis": 1}),
        ("QuantizeLinear", [None, draft.constant(number(draft))], {}),
    ]
    draft.insert(place, draft.pick(steps))


def _type(draft: Draft, node: onnx.NodeProto) -> Any:
    """The type of the integers that a node makes, as far as its zero point tells."""
    if node.op_type in ("ConvInteger", "MatMulInteger"):
        return np.int32
    types = {TensorProto.INT8: np.int8, TensorProto.UINT8: np.uint8}
    known = (draft.initializer(name) for name in reversed(node.input))
    return next((types[t.data_type] for t in known if t is not None and t.data_type in types), np.uint8)
