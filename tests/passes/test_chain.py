"""Thresholds in front of a chain of operators, against the chain itself, at and around each of them."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from bnngen.ir.elementwise import Affine, Clip
from bnngen.ir.graph import Node
from bnngen.ir.layers import Pooling
from bnngen.ir.rounding import Rounding
from bnngen.ir.step import ALWAYS, NEVER, Bound, Step
from bnngen.ir.window import Window
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import Exact, exact_array
from bnngen.numbers.rounding import ROUNDING_MODES
from bnngen.passes.chain import Chain, Level, scaled_back

SMALL = st.fractions(-4, 4, max_denominator=4)
EXACT = SMALL.map(Exact.of)
TINY = Exact.of(Fraction(1, 1 << 40))
CHANNEL = 1


@st.composite
def affines(draw: st.DrawFn) -> Affine:
    """One number for all, or one a channel."""
    size = draw(st.sampled_from([1, 3]))
    mul, add = (draw(st.lists(SMALL, min_size=size, max_size=size)) for _ in "ma")
    return Affine(*(exact_array([Exact.of(v) for v in values]) for values in (mul, add)))


@st.composite
def clips(draw: st.DrawFn) -> Clip:
    low, high = sorted(draw(st.tuples(SMALL, SMALL)))
    ends = draw(st.sampled_from([(True, True), (True, False), (False, True), (False, False)]))
    return Clip(*(Exact.of(end) if wanted else None for end, wanted in zip((low, high), ends, strict=True)))


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """Rows that rise, or fall; of a level that is always reached, or never, too."""
    levels = draw(st.integers(1, 4))
    type_ = BIPOLAR if levels == 1 and draw(st.booleans()) else IntType(-1, levels - 1)
    rows, falling = [], []
    for _ in range(draw(st.sampled_from([1, 3]))):
        falls = draw(st.booleans())
        values = sorted(draw(st.lists(SMALL, min_size=levels, max_size=levels)), reverse=falls)
        strict = draw(st.booleans())
        row = [Bound(Exact.of(value), strict) for value in values]
        if draw(st.integers(0, 4)) == 0:
            row[0] = ALWAYS
        if draw(st.integers(0, 4)) == 0:
            row[-1] = NEVER
        rows.append(tuple(row))
        falling.append(falls)
    return Step(tuple(rows), tuple(falling), type_)


POOL = st.just(Pooling(Window.plain((2,))))


ROUNDINGS = st.sampled_from([mode for mode in ROUNDING_MODES if mode != "sign"]).map(Rounding)


@given(
    st.lists(affines() | clips() | steps() | POOL | ROUNDINGS, max_size=4),
    steps(),
    st.lists(EXACT, max_size=3),
)
def test_levels_are_where_the_chain_says(before: list[object], last: Step, others: list[Exact]) -> None:
    nodes = tuple(Node(str(k), op, ("x",)) for k, op in enumerate([*before, last]))  # type: ignore[arg-type]
    chain = Chain(nodes, (CHANNEL,) * len(nodes))
    assert chain.evaluates
    levels = chain.levels()
    values = [level.bound.value for level in levels if level.bound.value is not None]
    for x in [*others, *values, *(v + TINY for v in values), *(v - TINY for v in values)]:
        assert chain.count(x) == sum(level.passed(x) for level in levels)


@given(EXACT, st.booleans(), st.booleans(), EXACT, EXACT, EXACT)
def test_a_level_in_other_units(
    t: Exact, strict: bool, falls: bool, mul: Exact, add: Exact, x: Exact
) -> None:
    level = Level(Bound(t, strict), falls)
    inner = scaled_back(level, mul, add)
    places = [x] if inner.bound.value is None else [x, inner.bound.value]
    for place in places:
        assert inner.passed(place) == level.passed(mul * place + add)
