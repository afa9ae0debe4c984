"""The host's part in front of the accelerator: real inputs become integer codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import Exact, ExactArray
from bnngen.numbers.rounding import ROUNDING_MODES, bound, round_affine


@dataclass(frozen=True, eq=False)
class Quantizer:
    """code = clip(round(mul*x + add), type.lo, type.hi), in real numbers.

    ``mul`` and ``add`` are rational, shape (1,) or one per channel (C,), along the last axis of x;
    ``rounding`` is one of ``bnngen.numbers.rounding.ROUNDING_MODES``.
    """

    mul: ExactArray
    add: ExactArray
    rounding: str
    type: IntType

    def quantize(self, x: NDArray[Any]) -> NDArray[np.int64]:
        """x (..., C) finite reals, channels last, to codes of the same shape."""
        return round_affine(x, self.mul, self.add, self.rounding, self.type.lo, self.type.hi)


def uniform_row(
    row: list[tuple[Exact, bool]], falling: bool, type_: IntType
) -> tuple[Exact, Exact, str] | None:
    """(mul, add, rounding) that passes level after level exactly at the thresholds of ``row``.

    ``row`` lists (value, strict) in the order of the levels. None if the thresholds aren't those of a
    rounding of an affine function.
    """
    if type_.bipolar:
        sign = -1 if falling else 1
        value, strict = row[0]
        return None if strict else (Exact.of(sign), -value * sign, "sign")
    levels = range(type_.lo + 1, type_.hi + 1)
    for mode in ROUNDING_MODES[:-1]:
        edges = [bound(mode, k) for k in levels]
        found = _affine_through(row, edges, falling)
        if found is not None:
            return (*found, mode)
    return None


def _affine_through(
    row: list[tuple[Exact, bool]], edges: list[tuple[Any, ...]], falling: bool
) -> tuple[Exact, Exact] | None:
    """The line that maps each threshold to its rounding edge, if there is one."""
    if [strict for _, strict in row] != [strict for _, strict in edges]:
        return None
    first, last = row[0][0], row[-1][0]
    if edges[0][0] == edges[-1][0]:  # one threshold, or the two sides of one number
        mul = Exact.of(-1 if falling else 1)
    elif first == last or not (last - first).is_rational:
        return None
    else:
        mul = Exact.of(edges[-1][0] - edges[0][0]) / (last - first)
    add = edges[0][0] - mul * first
    if all(mul * value + add == edge for (value, _), (edge, _) in zip(row, edges, strict=True)):
        return mul, add
    return None
