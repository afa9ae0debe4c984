"""Rounding, with bounds => Step."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_graphs import affines, steps
from support.rewrites import chain, fire, same_meaning

from bnngen.ir.elementwise import RELU, Affine, Clip
from bnngen.ir.graph import Op
from bnngen.ir.monotone import Leaky, Tanh
from bnngen.ir.rounding import Rounding
from bnngen.ir.step import Bound, Step
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import Exact, exact_array
from bnngen.passes.rewrite import Refusal
from bnngen.passes.rounding_into_step import rounding_into_step

VALUES = [Fraction(n, 4) for n in range(-20, 21)]
THREE = Step(
    (tuple(Bound(Exact.of(v), strict=False) for v in (Fraction(-1, 2), Fraction(1, 2))),),
    (False,),
    IntType(-1, 1),
)
MODES = ["half_even", "floor", "ceil"]


def clip(low: object, high: object) -> Clip:
    return Clip(*(None if end is None else Exact.of(end) for end in (low, high)))


def affine(mul: object, add: object) -> Affine:
    return Affine(exact_array(mul), exact_array(add))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("before", "behind", "type_"),
    [
        ([clip(0, 1), affine(3, 0)], [], IntType(0, 3)),
        ([clip(-1, Fraction(3, 2)), affine(-2, 0)], [], IntType(-3, 2)),
        ([clip(Fraction(-1, 2), 1), affine([1, 2], [0, 3])], [], None),
        ([], [clip(-2, 1)], IntType(-2, 1)),
        ([], [affine(1, 3), clip(0, 7)], IntType(-3, 4)),
        ([], [affine(Fraction(1, 2), 0), clip(-1, 1)], IntType(-2, 2)),
        ([], [RELU, clip(None, 3)], IntType(0, 3)),
        ([RELU], [clip(Fraction(-3, 2), Fraction(3, 2))], IntType(0, 2)),
        ([clip(0, 9)], [clip(1, 2)], IntType(1, 2)),
        ([clip(0, 0)], [], IntType(0, 1)),
        ([Leaky((Exact.of(Fraction(1, 2)),)), clip(-2, 2)], [], IntType(-2, 2)),
        ([THREE], [], IntType(-1, 1)),
    ],
)
def test_with_bounds(mode: str, before: list[Op], behind: list[Op], type_: IntType | None) -> None:
    channels = 2 if type_ is None else 1
    graph = chain((channels,), *before, Rounding(mode), *behind)
    result = fire(rounding_into_step, graph, f"n{len(before)}")
    step = result[f"n{len(before)}"].op
    assert isinstance(step, Step)
    assert type_ is None or step.type == type_
    same_meaning(graph, result, VALUES if channels == 1 else VALUES[::5])


@settings(max_examples=25)
@given(data=st.data(), mode=st.sampled_from(MODES), low=st.integers(-6, 2), size=st.integers(0, 6))
def test_it_is_exact(data: st.DataObject, mode: str, low: int, size: int) -> None:
    ends = clip(Fraction(low, 2), Fraction(low + size, 2))
    first, second = data.draw(affines(1)), data.draw(affines(1))
    behind = data.draw(st.sampled_from([[], [data.draw(steps(1))]]))
    graph = chain((1,), ends, first, Rounding(mode), second, *behind)
    result = fire(rounding_into_step, graph, "n2")
    same_meaning(graph, result, VALUES)


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ([], []),
        ([RELU], []),
        ([RELU], [RELU]),
        ([], [clip(None, 3)]),
        ([], [affine(-1, 0), clip(0, 3)]),
        ([], [affine([1, 2], 0), clip(0, 3)]),
    ],
)
def test_without_bounds_it_is_refused(before: list[Op], behind: list[Op]) -> None:
    graph = chain((2,), *before, Rounding("half_even"), *behind)
    name = f"n{len(before)}"
    assert rounding_into_step(graph, graph[name]) == Refusal(
        name,
        "rounds a tensor that has no bounds; put a clip in front of it, or right behind it (torch.clamp)",
    )


def test_too_many_levels_are_refused() -> None:
    graph = chain((1,), clip(-1000, 1000), Rounding("floor"))
    assert rounding_into_step(graph, graph["n1"]) == Refusal(
        "n1",
        "rounds to 2,001 whole numbers, -1,000 to 1,000; at most 256 are supported: clip to a smaller range",
    )


def test_a_smooth_function_has_bounds() -> None:
    graph = chain((1,), Tanh(), affine(2, 0), Rounding("half_even"))
    step = fire(rounding_into_step, graph, "n2")["n2"].op
    assert isinstance(step, Step)
    assert step.type == IntType(-2, 2)


def test_it_leaves_other_patterns_alone() -> None:
    graph = chain((1,), RELU, clip(0, 1))
    assert [rounding_into_step(graph, node) for node in graph.nodes] == [None, None]


def test_numbers_far_from_0_are_refused() -> None:
    """Thresholds at 10**20 are beyond all integers of the hardware."""
    graph = chain((1,), clip(0, 1), affine(-1, 10**20), Rounding("half_even"))
    refusal = rounding_into_step(graph, graph["n2"])
    assert isinstance(refusal, Refusal)
    assert refusal.reason.startswith("rounds to whole numbers as far from 0 as 1.0e+20; at most 4.5e+15")
