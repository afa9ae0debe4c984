"""Scales, batch norms, clips and quantisers behind a product, against their definitions at every sum.

Nothing of `bnngen.numbers` decides here what is right: numbers are fractions, a square root is a decimal number of
100 digits, and a tie is a tie only where the root is a fraction.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, getcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bnngen.ir.elementwise import Affine, Clip
from bnngen.ir.graph import Graph, Node, Op
from bnngen.ir.ladder import Ladder
from bnngen.ir.layers import Linear
from bnngen.ir.step import Step
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import Exact, exact_array
from bnngen.passes.lower import lower

getcontext().prec = 100
HALF = Fraction(1, 2)
LAST = 20
"""The greatest sum; the least is its negative."""
MODES: dict[str, Callable[[Fraction], int]] = {
    "half_even": round,
    "half_up": lambda v: math.floor(v + HALF),
    "half_down": lambda v: math.ceil(v - HALF),
    "half_away": lambda v: math.floor(abs(v) + HALF) * (1 if v >= 0 else -1),
    "half_toward": lambda v: math.ceil(abs(v) - HALF) * (1 if v >= 0 else -1),
    "up": lambda v: math.ceil(abs(v)) * (1 if v >= 0 else -1),
    "down": math.trunc,
    "ceil": math.ceil,
    "floor": math.floor,
}


@dataclass(frozen=True)
class Norm:
    """gamma*(x - mean)/sqrt(variance) + beta."""

    gamma: Fraction
    beta: Fraction
    mean: Fraction
    variance: Fraction

    def __call__(self, x: Fraction) -> Fraction:
        """Exact where the root is a fraction, else so near that no fraction of these tests lies between."""
        v = self.variance
        root = Fraction(math.isqrt(v.numerator), math.isqrt(v.denominator))
        if root * root != v:
            digits = (Decimal(v.numerator) / Decimal(v.denominator)).sqrt()
            root = Fraction(digits)
        return self.gamma * (x - self.mean) / root + self.beta

    @property
    def op(self) -> Affine:
        mul = Exact.of(self.gamma) / Exact.of(self.variance).sqrt()
        return Affine(exact_array(mul), exact_array(Exact.of(self.beta) - mul * self.mean))


@dataclass(frozen=True)
class Quantizer:
    """clip(round(x/scale) + zero, lo, hi), as QuantizeLinear has it."""

    scale: Fraction
    zero: int
    mode: str
    lo: int
    hi: int

    def __call__(self, x: Fraction) -> int:
        rounded = MODES[self.mode](x / self.scale)
        return min(max(rounded + self.zero, self.lo), self.hi)

    @property
    def ops(self) -> list[Op]:
        steps = tuple(range(self.lo + 1 - self.zero, self.hi + 1 - self.zero))
        step = Step((Ladder(self.mode, steps),), (False,), IntType(self.lo, self.hi))
        return [Affine(exact_array(1 / self.scale), exact_array(0)), step]


# powers of two and their halves make ties common
SIMPLE = st.builds(Fraction, st.integers(-24, 24), st.sampled_from([1, 2, 4, 8]))
ODD = st.fractions(-9, 9, max_denominator=97)
NUMBERS = SIMPLE | ODD
POSITIVE = NUMBERS.map(abs).filter(bool)
SQUARES = POSITIVE.map(lambda v: v * v)
NORMS = st.builds(Norm, NUMBERS, NUMBERS, NUMBERS, SQUARES | POSITIVE)


@st.composite
def quantizers(draw: st.DrawFn) -> Quantizer:
    bits, signed = draw(st.integers(1, 8)), draw(st.booleans())
    lo, hi = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed and bits > 1 else (0, (1 << bits) - 1)
    return Quantizer(draw(POSITIVE), draw(st.integers(lo, hi)), draw(st.sampled_from(sorted(MODES))), lo, hi)


@st.composite
def clips(draw: st.DrawFn) -> tuple[Fraction | None, Fraction | None]:
    low, high = draw(st.none() | NUMBERS), draw(st.none() | NUMBERS)
    return (high, low) if low is not None and high is not None and high < low else (low, high)


def clipped(x: Fraction, ends: tuple[Fraction | None, Fraction | None]) -> Fraction:
    low, high = ends
    x = x if low is None else max(x, low)
    return x if high is None else min(x, high)


Case = tuple[Fraction, Norm, tuple[Fraction | None, Fraction | None], Quantizer]
CASES = st.tuples(NUMBERS.filter(bool), NORMS, clips(), quantizers())


def check(
    scale: Fraction, norm: Norm, ends: tuple[Fraction | None, Fraction | None], quantizer: Quantizer
) -> None:
    """The codes of every sum from -LAST to LAST."""
    low, high = (None if end is None else Exact.of(end) for end in ends)
    first = Step((Ladder("half_even", tuple(range(1 - LAST, LAST + 1))),), (False,), IntType(-LAST, LAST))
    behind: list[Op] = [Affine(exact_array(scale), exact_array(0)), norm.op, Clip(low, high), *quantizer.ops]
    ops: list[Op] = [first, Linear(np.array([[1]])), *behind]
    names = ["x", *(f"n{k}" for k in range(len(ops)))]
    nodes = [Node(name, op, (before,)) for before, name, op in zip(names, names[1:], ops, strict=False)]
    network = lower(Graph("x", (1,), tuple(nodes), names[-1]))
    sums = np.arange(-LAST, LAST + 1)
    found = network.run(network.quantizer.quantize(sums[:, None])).ravel()
    wanted = [quantizer(clipped(norm(scale * int(s)), ends)) for s in sums]
    # where a single code is left there is no step any more, and its value is the host's
    assert [network.host.mul[0] * int(y) + network.host.add[0] for y in found] == wanted


@settings(max_examples=300)
@given(CASES)
def test_every_sum(case: Case) -> None:
    check(*case)


@pytest.mark.slow
@settings(max_examples=100_000, suppress_health_check=list(HealthCheck))
@given(CASES)
def test_every_sum_of_many_cases(case: Case) -> None:
    check(*case)
