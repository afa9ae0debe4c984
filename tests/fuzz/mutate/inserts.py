"""Nodes put in between: what leaves everything as it is, and what does not."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.fuzz.mutate.draft import Draft, Insertion, SkipError, mutator, number

QONNX = "qonnx.custom_op.general"


def flowing(draft: Draft, at_the_end: float = 0.15) -> tuple[tuple[int, int], tuple[int, ...]]:
    """A place where a tensor flows, with this share the output, and the tensor's shape."""
    at = draft.place(at_the_end)
    shape = draft.shape(draft.at(at))
    if not shape:
        raise SkipError
    return at, shape


def _per_channel(draft: Draft, shape: tuple[int, ...], values: Any) -> np.ndarray:
    """Parameters that broadcast in one of the ways that mean something, or in one that does not."""
    channels = shape[1] if len(shape) > 1 else 1
    column = np.resize(values, channels)
    spatial = (1,) * (len(shape) - 2)
    shapes = [(channels, *spatial), (1, channels, *spatial), (1,), ()]
    if draft.chance(0.2):
        shapes = [
            (channels, 1),
            (1, channels),
            (channels,),
            (1, 1, channels),
            (*shape[1:],),
            (shape[-1],),
            (2, 1),
        ]
    wanted = draft.pick(shapes)
    return np.resize(column, wanted)


@mutator(4)
def passed_through(draft: Draft) -> None:
    """Identity, Dropout, a pair of axes added and dropped."""
    at, shape = flowing(draft)
    axis = draft.random.randrange(1, len(shape) + 1)
    axes = draft.constant([axis], np.int64)
    same = draft.constant([0, *shape[1:]] if draft.chance(0.5) else [-1, *shape[1:]], np.int64)
    there_and_back: list[Insertion] = [("Unsqueeze", [None, axes], {}), ("Squeeze", [None, axes], {})]
    choices: tuple[list[Insertion], ...] = (
        [("Identity", [None], {})],
        [("Dropout", [None], {})],
        there_and_back,
        [("Reshape", [None, same], {})],
        [("Cast", [None], {"to": draft.pick((1, 11))})],
    )
    draft.insert(at, *draft.pick(choices))


@mutator(1.5)
def axes_moved(draft: Draft) -> None:
    """An axis of length 1 more or less, or all of them in another order."""
    at, shape = flowing(draft)
    axis = draft.constant([draft.random.randrange(0, len(shape) + 1)], np.int64)
    order = list(range(len(shape)))
    draft.random.shuffle(order)
    ones = [i for i, d in enumerate(shape) if d == 1] or [1]
    wanted = [*shape[1:]]
    draft.random.shuffle(wanted)
    flat = [int(np.prod(shape[1:]))]
    there: Insertion = ("Transpose", [None], {"perm": order})
    back: Insertion = ("Transpose", [None], {"perm": [order.index(i) for i in range(len(order))]})
    shapes = (
        [draft.pick((0, 1, -1, shape[0])), *w] for w in (wanted, flat, [1, *shape[1:]], [*shape[1:], 1])
    )
    choices: tuple[list[Insertion], ...] = (
        [("Unsqueeze", [None, axis], {})],
        [("Squeeze", [None, draft.constant([draft.pick(ones)], np.int64)], {})],
        [there, back],
        [there],
        [("Flatten", [None], {"axis": draft.random.randrange(0, len(shape) + 1)})],
        [("Reshape", [None, draft.constant(draft.pick(shapes), np.int64)], {})],
    )
    draft.insert(at, *draft.pick(choices))


@mutator(6)
def affine(draft: Draft) -> None:
    """A constant added, subtracted, multiplied or divided by, from either side."""
    at, shape = flowing(draft)
    values = [number(draft) for _ in range(draft.pick((1, 1, 3)))]
    constant = draft.constant(_per_channel(draft, shape, values))
    inputs = [None, constant] if draft.chance(0.7) else [constant, None]
    draft.insert(at, (draft.pick(("Add", "Sub", "Mul", "Div")), inputs, {}))


@mutator(2)
def nonlinear(draft: Draft) -> None:
    """Relu, Clip, Neg and the like."""
    at, _ = flowing(draft)
    low, high = (draft.constant(v) for v in draft.pick(((0.0, 6.0), (-1.0, 1.0), (0.0, 1.0), (1.0, -1.0))))
    ops: tuple[Insertion, ...] = (
        ("Relu", [None], {}),
        ("Clip", [None, low, high], {}),
        ("Sign", [None], {}),
        ("Neg", [None], {}),
        ("Abs", [None], {}),
        ("LeakyRelu", [None], {"alpha": 0.25}),
        ("Softmax", [None], {}),
        ("Round", [None], {}),
    )
    draft.insert(at, draft.pick((ops[0], ops[0], *ops)))


@mutator(4)
def quantized(draft: Draft) -> None:
    """Another quantiser."""
    at, shape = flowing(draft)
    scale = draft.constant(draft.pick((0.5, 1.0, 0.25, 2.0, number(draft))))
    if draft.chance(0.3):
        draft.insert(at, ("BipolarQuant", [None, scale], {}), domain=QONNX)
        return
    if draft.chance(0.3):
        rows, levels = draft.pick((1, shape[1] if len(shape) > 1 else 1)), draft.pick((1, 2, 3, 7))
        table = np.sort(
            np.random.default_rng(draft.random.getrandbits(32)).integers(-9, 10, (rows, levels)) / 4
        )
        draft.insert(at, ("MultiThreshold", [None, draft.constant(table)], {"out_scale": 0.5}), domain=QONNX)
        return
    zero, bits = (
        draft.constant(draft.pick((0.0, 0.0, 1.0, -2.0))),
        draft.constant(draft.pick((2.0, 3.0, 4.0, 8.0))),
    )
    modes = {"signed": draft.pick((0, 1)), "narrow": draft.pick((0, 1))}
    draft.insert(at, ("Quant", [None, scale, zero, bits], modes), domain=QONNX)


@mutator(1.5)
def with_itself(draft: Draft) -> None:
    """A tensor and itself: added, subtracted, joined, or the greater of both."""
    at, _ = flowing(draft)
    op = draft.pick(("Add", "Sub", "Max", "Mul", "Concat"))
    axis = {"axis": draft.pick((1, 1, -1))} if op == "Concat" else {}
    draft.insert(at, (op, [None, None], axis))


@mutator(1.5)
def two_tensors(draft: Draft) -> None:
    """A sum with another tensor, of the same shape or of one that broadcasts."""
    at, shape = flowing(draft)
    nodes = list(draft.graph.node)[: at[0]]
    before = {draft.input.name, *(o for n in nodes for o in n.output)} & draft.computed()
    alike = [n for n in sorted(before) if draft.chance(0.15) or draft.shapes.get(n) == shape]
    op = draft.pick(("Add", "Sub", "Add", "Concat", "Mul"))
    draft.insert(at, (op, [None, draft.pick(alike)], {"axis": 1} if op == "Concat" else {}))


@mutator(2.5)
def window(draft: Draft) -> None:
    """A pool or a convolution over a map, which keeps its size or not."""
    at, shape = flowing(draft)
    rank = len(shape) - 2
    if rank not in (1, 2):
        raise SkipError
    kernel, pads = draft.pick(((1, 0), (2, 0), (3, 1)))
    options = {
        "kernel_shape": [kernel] * rank,
        "pads": [pads] * 2 * rank,
        "strides": [draft.pick((1, 1, 2))] * rank,
    }
    op = draft.pick(("MaxPool", "AveragePool", "Conv", "GlobalAveragePool", "GlobalMaxPool"))
    if op == "Conv":
        shape = (shape[1], 1, *(kernel,) * rank)
        weights = draft.constant(
            np.random.default_rng(draft.random.getrandbits(32)).choice([-1.0, 1.0], shape)
        )
        draft.insert(at, (op, [None, weights], {**options, "group": shape[0]}))
    elif op in ("GlobalAveragePool", "GlobalMaxPool"):
        draft.insert(at, (op, [None], {}))
    else:
        draft.insert(at, (op, [None], options))


@mutator(2)
def normed(draft: Draft) -> None:
    """A batch norm, perhaps with gammas of zero or of either sign."""
    at, shape = flowing(draft)
    channels = shape[1] if len(shape) > 1 else 1
    values = (
        draft.pick(((1.0, -0.5), (0.0, 2.0), (0.75,))),
        (0.25, -1.0),
        (0.5,),
        draft.pick(((0.5,), (0.0,), (4.0,), (-1.0,))),
    )
    parameters = [draft.constant(np.resize(v, channels)) for v in values]
    draft.insert(at, ("BatchNormalization", [None, *parameters], {}))


@mutator(1)
def folded(draft: Draft) -> None:
    """A parameter that is computed from constants when the file is read."""
    node, index, tensor = draft.parameter()
    ops: tuple[Insertion, ...] = (
        ("Identity", [None], {}),
        ("Mul", [None, draft.constant(number(draft))], {}),
        ("Div", [None, draft.constant(draft.pick((2.0, 4.0, 3.0)))], {}),
        ("Add", [None, draft.constant(number(draft))], {}),
        ("Cast", [None], {"to": draft.pick((1, 10, 11, 6, 7, 16))}),
        ("Transpose", [None], {"perm": list(range(len(tensor.dims) or 1))[::-1]}),
        ("Sqrt", [None], {}),
        ("Sign", [None], {}),
        ("Relu", [None], {}),
        ("Concat", [None, None], {"axis": 0}),
        ("Pow", [None, draft.constant(draft.pick((2.0, 0.5, -1.0, -0.5)))], {}),
    )
    number_of = list(draft.graph.node).index(node)
    draft.insert((number_of, index), draft.pick(ops))
