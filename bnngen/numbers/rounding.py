"""Rounding of real numbers to integers, exactly, in every mode that QONNX knows."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.numbers.exact import Exact

_MODES: dict[str, Callable[[int], tuple[int, bool]]] = {
    "half_even": lambda k: (2 * k - 1, k % 2 != 0),
    "half_up": lambda k: (2 * k - 1, False),
    "half_down": lambda k: (2 * k - 1, True),
    "half_away": lambda k: (2 * k - 1, k <= 0),
    "half_toward": lambda k: (2 * k - 1, k > 0),
    "up": lambda k: (2 * k - 2, True) if k > 0 else (2 * k, False),
    "down": lambda k: (2 * k, False) if k > 0 else (2 * k - 2, True),
    "ceil": lambda k: (2 * k - 2, True),
    "floor": lambda k: (2 * k, False),
    # an even rounding, plus an odd number: QuantizeLinear's, with an odd zero point
    "half_odd": lambda k: (2 * k - 1, k % 2 == 0),
}
"""Twice the least value that is rounded to k, and whether only what lies above it is."""

ROUNDING_MODES = (*_MODES, "sign")
"""Every accepted mode; ``sign`` is the bipolar quantiser: +1 if v >= 0, else -1."""

QONNX_MODES = {
    "ROUND": "half_even",
    "HALF_EVEN": "half_even",
    "CEIL": "ceil",
    "FLOOR": "floor",
    "UP": "up",
    "DOWN": "down",
    "ROUND_TO_ZERO": "down",
    "HALF_UP": "half_away",
    "HALF_DOWN": "half_toward",
}
"""QONNX's ``rounding_mode`` attribute and the mode's name here."""


def bound(mode: str, k: int) -> tuple[Fraction, bool]:
    """Where the rounded value reaches ``k``.

    Returns (b, strict): round(v) >= k exactly when v >= b, or v > b if ``strict``.
    """
    twice, strict = _MODES[mode](k)
    return Fraction(twice, 2), strict


def twice_bound(mode: str, k: int) -> tuple[int, bool]:
    """The same with twice the value, a whole number."""
    return _MODES[mode](k)


def mirrored(mode: str) -> str:
    """The mode that rounds -v to the negative of what ``mode`` rounds v to."""
    pairs = {"half_up": "half_down", "ceil": "floor"}
    return {**pairs, **{b: a for a, b in pairs.items()}}.get(mode, mode)


def round_exactly(value: Exact, mode: str) -> int:
    """One exact number, rounded."""
    if mode == "sign":
        return 1 if value.sign() >= 0 else -1
    below = math.floor(value)
    edge, strict = bound(mode, below + 1)
    order = (value - edge).sign()
    return below + 1 if order > 0 or (order == 0 and not strict) else below


def round_affine(
    x: NDArray[np.floating] | NDArray[np.integer],
    mul: NDArray[np.object_],
    add: NDArray[np.object_],
    mode: str,
    lo: int,
    hi: int,
) -> NDArray[np.int64]:
    """clip(round(mul*x + add), lo, hi), as if computed in real numbers.

    ``mul`` and ``add`` are arrays of Exact that broadcast against ``x``; ``x`` holds finite numbers whose
    exact binary value is meant. float64 decides wherever its error can't matter; the few elements near a
    boundary are decided exactly.
    """
    xf = np.asarray(x, dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = mul.astype(np.float64) * xf
        offset = add.astype(np.float64)
        v = scaled + offset
        # mul, add, the product and the sum are each rounded once: four errors of at most 2**-52 relative.
        error = (np.abs(scaled) + np.abs(offset)) * 2.0**-49 + 1e-300
        rounded = np.where(v >= 0, 1.0, -1.0) if mode == "sign" else _round_float(v, mode)
        codes = np.clip(rounded, lo, hi).astype(np.int64)
        doubtful = ~(_distance_to_edge(v, mode) > error)  # true also where v is beyond float64
    return _decide_exactly(codes, doubtful, np.asarray(x), mul, add, mode, lo, hi)


def _distance_to_edge(v: NDArray[np.float64], mode: str) -> NDArray[np.float64]:
    """How far each value is from the nearest point at which the rounded value changes."""
    if mode == "sign":
        return np.abs(v)
    edge = 0.5 if mode.startswith("half") else 0.0
    return np.abs(v - edge - np.rint(v - edge))


def _round_float(v: NDArray[np.float64], mode: str) -> NDArray[np.float64]:
    """Right wherever v is not within its error of a multiple of 1/2."""
    if mode.startswith("half"):
        return np.floor(v + 0.5)
    if mode == "floor":
        return np.floor(v)
    if mode == "ceil":
        return np.ceil(v)
    toward_zero = np.trunc(v)
    return toward_zero if mode == "down" else np.where(v == toward_zero, v, toward_zero + np.sign(v))


def _decide_exactly(
    codes: NDArray[np.int64],
    doubtful: NDArray[np.bool_],
    x: NDArray[Any],
    mul: NDArray[np.object_],
    add: NDArray[np.object_],
    mode: str,
    lo: int,
    hi: int,
) -> NDArray[np.int64]:
    where = np.nonzero(doubtful)
    if not where[0].size:
        return codes
    x, mul, add = (np.broadcast_to(a, codes.shape)[where] for a in (x, mul, add))
    known: dict[tuple[Any, ...], int] = {}
    for position, value, m, a in zip(zip(*where, strict=True), x.tolist(), mul, add, strict=True):
        key = (value, id(m), id(a))
        if key not in known:
            known[key] = min(max(round_exactly(m * Exact.of(value) + a, mode), lo), hi)
        codes[position] = known[key]
    return codes
