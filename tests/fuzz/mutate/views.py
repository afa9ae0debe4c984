"""The same elements seen in another shape, worked on there, and seen as before again."""

from __future__ import annotations

import numpy as np

from tests.fuzz.mutate.draft import Draft, Insertion, Shape, SkipError, mutator
from tests.fuzz.mutate.inserts import QONNX, flowing


def _another_shape(draft: Draft, shape: Shape) -> Shape:
    """The same elements along one to three axes behind the batch."""
    left = int(np.prod(shape[1:]))
    dims: list[int] = []
    for _ in range(draft.pick((0, 1, 1, 2))):
        divisor = draft.pick(d for d in range(1, left + 1) if left % d == 0)
        dims.append(divisor)
        left //= divisor
    dims.append(left)
    draft.random.shuffle(dims)
    return shape[0], *dims


def _reshaped(draft: Draft, before: Shape, after: Shape) -> list[Insertion]:
    """By Reshape, or by axes of length 1 that come or go."""
    new = [axis for axis, length in enumerate(after) if length == 1 and axis]
    if new and [d for d in after if d != 1] == [d for d in before if d != 1] and len(after) > len(before):
        axes = new[: len(after) - len(before)]
        candidate = list(before)
        for axis in axes:
            candidate.insert(axis, 1)
        if tuple(candidate) == after:
            return [("Unsqueeze", [None, draft.constant(axes, np.int64)], {})]
    first = draft.pick((0, -1))
    return [("Reshape", [None, draft.constant([first, *after[1:]], np.int64)], {})]


def _work(draft: Draft, shape: Shape) -> Insertion:
    """One operator that keeps this shape, and knows which axis is that of the channels."""
    channels, rank = shape[1], len(shape) - 2
    random = np.random.default_rng(draft.random.getrandbits(32))
    column = (channels, *(1,) * rank)
    works: list[Insertion] = [
        ("Add", [None, draft.constant(random.integers(-8, 9, column) / 4)], {}),
        ("Mul", [None, draft.constant(random.choice([0.5, 1.0, -2.0], column))], {}),
        ("Relu", [None], {}),
        ("Clip", [None, draft.constant(-1.0), draft.constant(1.0)], {}),
    ]
    norm = [draft.constant(random.integers(1, 9, channels) / 4) for _ in range(4)]
    works.append(("BatchNormalization", [None, *norm], {}))
    if rank in (1, 2):
        kernel = [draft.pick((1, 3)) for _ in range(rank)]
        pads = [k // 2 for k in kernel] * 2
        weights = draft.constant(random.choice([-1.0, 1.0], (channels, 1, *kernel)))
        works += [
            ("MaxPool", [None], {"kernel_shape": kernel, "pads": pads}),
            ("Conv", [None, weights], {"group": channels, "pads": pads}),
            ("AveragePool", [None], {"kernel_shape": kernel, "pads": pads, "count_include_pad": 1}),
        ] * 2
    return draft.pick(works)


@mutator(4)
def seen_otherwise(draft: Draft) -> None:
    """A Reshape or Unsqueeze, something that works in that shape, and mostly the way back."""
    at, shape = flowing(draft)
    other = _another_shape(draft, shape)
    steps = [*_reshaped(draft, shape, other), *(_work(draft, other) for _ in range(draft.pick((1, 1, 2))))]
    if draft.chance(0.85):
        steps += _reshaped(draft, other, shape)
    draft.insert(at, *steps)


@mutator(2)
def quantized_otherwise(draft: Draft) -> None:
    """The same with a quantiser that has a scale for each channel of that shape."""
    at, shape = flowing(draft)
    other = _another_shape(draft, shape)
    if len(other) > 4:
        raise SkipError
    column = (other[1], *(1,) * (len(other) - 2))
    scale = draft.constant(np.resize(draft.pick(((0.5,), (0.5, 1.0), (1.0, 0.25, 2.0))), column))
    draft.insert(at, *_reshaped(draft, other, shape))
    number = at[0]
    quant: Insertion = ("Quant", [None, scale, draft.constant(0.0), draft.constant(3.0)], {})
    draft.insert((number, 0), quant, domain=QONNX)
    draft.insert((number, 0), *_reshaped(draft, shape, other))
