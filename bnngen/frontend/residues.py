"""What is left of sums in which terms cancel: straight-through tricks, such as x + (sign(x) - x).

Training needs the terms that cancel, for their gradients; the network doesn't. Of each sum the terms are
remembered, so that adding one again leaves the others as they are, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from bnngen.frontend.importer import Importer
from bnngen.frontend.known.arithmetic import Settled, computed, value_times
from bnngen.frontend.values import Activation, Constant, Known, KnownSum
from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Op

MOST_TERMS = 16
"""Of longer sums the terms are forgotten."""
MOST_DEEP = 8
"""So many operators behind one another are compared to find that two tensors are the same."""

_T = TypeVar("_T", Settled, Activation)


def known_sum(left: Known, right: Known, sign: int) -> Known:
    """left + sign*right."""
    terms = [*_known_terms(left), *((factor * sign, value) for factor, value in _known_terms(right))]
    whole = KnownSum(tuple(terms), computed)
    merged: list[tuple[int, Settled]] = []
    for factor, value in terms:
        _merge(merged, factor, value, next((v for _, v in merged if _same_numbers(v, value)), None))
    left_over = tuple((factor, value) for factor, value in merged if factor)
    if not left_over:
        return Constant(np.broadcast_to(np.zeros(1), whole.shape))
    total = KnownSum(left_over, computed)
    if total.shape != whole.shape:
        total = whole
    if len(total.terms) == 1:
        return value_times(*total.terms[0])
    return total if len(total.terms) <= MOST_TERMS else total.settled


def _known_terms(value: Known) -> Sequence[tuple[int, Settled]]:
    return value.terms if isinstance(value, KnownSum) else ((1, value),)


def _merge(merged: list[tuple[int, _T]], factor: int, value: _T, known: _T | None) -> None:
    """Adds a term to those that are there, ``known`` being the same tensor among them."""
    if known is None:
        merged.append((factor, value))
        return
    merged[:] = [(f + factor if v is known else f, v) for f, v in merged]


def _same_numbers(a: Settled, b: Settled) -> bool:
    """Whether two arrays are known to be the same."""
    if a is b:
        return True
    if not isinstance(a, Constant) or not isinstance(b, Constant) or a.array.dtype != b.array.dtype:
        return False
    return a.array.dtype != object and np.array_equal(a.array, b.array)


def remaining(
    importer: Importer, left: Activation, right: Activation, sign: int
) -> list[tuple[int, Activation]] | None:
    """The terms of left + sign*right, if some cancel; None if none do, or nothing is left."""
    parts = [*terms_of(importer, left), *((f * sign, v) for f, v in terms_of(importer, right))]
    merged: list[tuple[int, Activation]] = []
    for factor, value in parts:
        same = next((v for _, v in merged if same_tensor(importer, v.name, value.name)), None)
        _merge(merged, factor, value, same)
    kept = [(factor, value) for factor, value in merged if factor]
    return kept if kept and len(kept) < len(merged) else None


def remember(importer: Importer, total: Activation, left: Activation, right: Activation, sign: int) -> None:
    """Keep in mind of what a sum was made."""
    terms = (*terms_of(importer, left), *((f * sign, v) for f, v in terms_of(importer, right)))
    if len(terms) <= MOST_TERMS:
        importer.sums[total.name] = terms


def terms_of(importer: Importer, value: Activation) -> tuple[tuple[int, Activation], ...]:
    """The factors and tensors that a tensor is the sum of; itself, if it is none."""
    return importer.sums.get(value.name, ((1, value),))


def same_tensor(importer: Importer, a: str, b: str, deep: int = MOST_DEEP) -> bool:
    """Whether two tensors are computed in the same way of the same tensors."""
    if a == b:
        return True
    first, second = importer.maker(a), importer.maker(b)
    if first is None or second is None or not deep or len(first.inputs) != len(second.inputs):
        return False
    return _same_op(first.op, second.op) and all(
        same_tensor(importer, x, y, deep - 1) for x, y in zip(first.inputs, second.inputs, strict=True)
    )


def _same_op(a: Op, b: Op) -> bool:
    if isinstance(a, Affine) and isinstance(b, Affine):
        return np.array_equal(a.mul, b.mul) and np.array_equal(a.add, b.add)
    return bool(a == b)
