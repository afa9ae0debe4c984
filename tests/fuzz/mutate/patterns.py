"""Whole patterns of nodes put in between, of which a reader may miss what is special."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.fuzz.mutate.draft import Draft, Insertion, SkipError, mutator
from tests.fuzz.mutate.inserts import flowing


@mutator(0.7)
def dropout_training(draft: Draft) -> None:
    """A Dropout that says whether it is in training mode."""
    at, _ = flowing(draft)
    training = draft.constant(draft.chance(0.7), np.bool_)
    draft.insert(at, ("Dropout", [None, draft.constant(0.5), training], {"seed": 1}))


@mutator(2)
def gemm_bias(draft: Draft) -> None:
    """A bias in one of the shapes that broadcast to (N, M), or in one that does not."""
    node = draft.pick(n for n in draft.graph.node if n.op_type in ("Gemm", "MatMul") and len(n.input) > 1)
    shape = draft.shape(node.output[0])
    rows = shape[-1]
    wanted = draft.pick(((rows,), (1, rows), (1,), (), (1, 1), (rows, 1), shape, (1, 1, rows)))
    node.op_type = "Gemm"
    bias = draft.constant(np.resize([0.5, -1.0, 2.0, 0.25], wanted))
    del node.input[2:]
    node.input.append(bias)


@mutator(1.5)
def broadcast(draft: Draft) -> None:
    """A sum of a tensor and the same with an axis more, or with its axes in another order."""
    at, shape = flowing(draft, at_the_end=0.5)
    name = draft.at(at)
    order = list(range(len(shape)))
    draft.random.shuffle(order)
    axis = draft.random.randrange(1, len(shape) + 1) if draft.chance(0.9) else 0
    longer: Insertion = ("Unsqueeze", [None, draft.constant([axis], np.int64)], {})
    turned: Insertion = ("Transpose", [None], {"perm": order})
    other: Insertion = ("Reshape", [None, draft.constant([0, *sorted(shape[1:])], np.int64)], {})
    op = draft.pick(("Add", "Add", "Sub", "Concat"))
    both = [None, name] if draft.chance(0.5) else [name, None]
    first = draft.pick((longer, longer, longer, turned, other))
    draft.insert(at, first, (op, both, {"axis": 1} if op == "Concat" else {}))


@mutator(1.5)
def grown(draft: Draft) -> None:
    """Sums that become large: by a factor, and by adding a tensor to itself again and again."""
    at, _ = flowing(draft)
    name = draft.at(at)
    factor = draft.constant(2.0 ** draft.pick((3, 20, 40, 62, 64, 100)))
    kind = draft.pick(("scaled", "doubled", "fraction"))
    if kind == "scaled":
        draft.insert(at, ("Mul", [None, factor], {}), (draft.pick(("Add", "Sub")), [None, name], {}))
    elif kind == "doubled":
        draft.insert(at, *[("Add", [None, None], {})] * draft.pick((3, 30, 62, 70)))
    else:
        third = draft.constant(draft.pick((3.0, 1.1, 7.0, 1e-3)))
        draft.insert(at, (draft.pick(("Mul", "Div")), [None, third], {}), ("Add", [None, name], {}))


@mutator(2.5)
def products(draft: Draft) -> None:
    """Products in a row, without a quantiser in between."""
    at, shape = flowing(draft)
    if len(shape) != 2:
        raise SkipError
    random = np.random.default_rng(draft.random.getrandbits(32))
    most, count = draft.pick(((2, 1), (2, 2), (128, 1), (128, 12), (128, 12)))
    weights = [random.integers(-most, most, (shape[1],) * 2) for _ in range(count)]
    draft.insert(at, *[("MatMul", [None, draft.constant(w)], {}) for w in weights])


@mutator(0.7)
def whole_division(draft: Draft) -> None:
    """A parameter that goes through whole numbers, which divide otherwise."""
    node, index, _ = draft.parameter()
    at = list(draft.graph.node).index(node), index
    two = draft.constant(draft.pick((2, 3, -2)), np.int64)
    steps: list[Insertion] = [
        ("Cast", [None], {"to": 7}),
        (draft.pick(("Div", "Mul", "Add", "Pow")), [None, two], {}),
    ]
    draft.insert(at, *steps, ("Cast", [None], {"to": 1}))


@mutator(1.5)
def taken(draft: Draft) -> None:
    """A part of a tensor, by Slice, Split or Gather, and perhaps another one behind it."""
    at, shape = flowing(draft)
    axis = draft.random.randrange(len(shape)) if draft.chance(0.2) else draft.pick((1, 1, -1))
    if axis >= len(shape):
        raise SkipError
    size = shape[axis]
    first, last = sorted((draft.random.randrange(-size, size + 1), draft.random.randrange(-size, size + 1)))
    if draft.chance(0.3):
        last = draft.pick((1 << 31, (1 << 63) - 1, size))
    starts, ends, axes = (draft.constant([v], np.int64) for v in (first, last, axis))
    step = draft.constant([draft.pick((1, 1, 1, 2, -1))], np.int64)
    indices = draft.pick((0, -1, [0], [1, 0], list(range(size))))
    cuts: tuple[Insertion, ...] = (
        ("Slice", [None, starts, ends, axes, step], {}),
        ("Slice", [None, starts, ends, axes], {}),
        ("Gather", [None, draft.constant(indices, np.int64)], {"axis": axis}),
        ("Split", [None], {"axis": axis}),
    )
    draft.insert(at, draft.pick(cuts))


@mutator(0.7)
def resized(draft: Draft) -> None:
    """Each element twice, by a scale or by a size."""
    at, shape = flowing(draft)
    scales = [1.0, 1.0, *(draft.pick((1.0, 2.0, 2.0, 1.5)) for _ in shape[2:])]
    sizes = [int(n * s) for n, s in zip(shape, scales, strict=True)] if len(shape) > 1 else [1]
    inputs: list[Any] = [None, "", draft.constant(scales)]
    if draft.chance(0.3):
        inputs = [None, "", "", draft.constant(sizes, np.int64)]
    modes = {"coordinate_transformation_mode": draft.pick(("asymmetric", "half_pixel", "align_corners"))}
    modes["nearest_mode"] = draft.pick(("floor", "round_prefer_floor", "ceil", "round_prefer_ceil"))
    draft.insert(at, ("Resize", inputs, modes))


@mutator(0.7)
def reduced(draft: Draft) -> None:
    """A mean, a sum or the greatest over some axes."""
    at, shape = flowing(draft)
    axes = draft.pick(([1], [-1], list(range(2, len(shape))), [2], [0]))
    keep = {"keepdims": draft.pick((0, 1))}
    op = draft.pick(("ReduceMean", "ReduceSum", "ReduceMax"))
    if op == "ReduceSum":
        draft.insert(at, (op, [None, draft.constant(axes, np.int64)], keep))
    else:
        draft.insert(at, (op, [None], {"axes": axes or [1], **keep}))
