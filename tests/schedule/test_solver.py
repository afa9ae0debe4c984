"""The solver against trying every combination."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnngen.cost.folding import Folding
from bnngen.cost.option import Option
from bnngen.cost.resources import Resources
from bnngen.schedule import labels
from bnngen.schedule.solver import choose, least, smallest

OPTION = st.builds(
    lambda cycles, lut, bram: Option(Folding(1, 1), "block", "registers", cycles, Resources(lut, lut, bram)),
    st.integers(1, 30),
    st.integers(1, 30),
    st.integers(0, 5),
)
LAYERS = st.lists(st.lists(OPTION, min_size=1, max_size=5), min_size=1, max_size=3)


def cost(choice: tuple[Option, ...] | list[Option]) -> Resources:
    return sum((o.resources for o in choice), Resources())


def area(choice: tuple[Option, ...] | list[Option], budget: Resources) -> int:
    million = 1_000_000
    return sum(
        million * o.resources.lut // budget.lut + million * o.resources.bram // budget.bram for o in choice
    )


def fitting(layers: list[list[Option]], budget: Resources) -> list[tuple[Option, ...]]:
    return [c for c in product(*layers) if cost(c).lut <= budget.lut and cost(c).bram <= budget.bram]


@settings(max_examples=60, deadline=None)
@given(LAYERS, st.integers(5, 60), st.integers(1, 8))
def test_fastest_choice_then_smallest(layers: list[list[Option]], lut: int, bram: int) -> None:
    budget = Resources(lut, lut, bram)
    found = choose(layers, budget, None)
    possible = fitting(layers, budget)
    if not possible:
        assert found is None
        return
    assert found is not None
    fastest = min(max(o.cycles for o in c) for c in possible)
    assert max(o.cycles for o in found) == fastest
    smallest = min(area(c, budget) for c in possible if max(o.cycles for o in c) == fastest)
    assert area(found, budget) == smallest
    assert choose(layers, budget, None) == found


@settings(max_examples=60, deadline=None)
@given(LAYERS, st.integers(1, 30), st.sampled_from([Resources(1000, 1000, 100), Resources(50, 1000, 100)]))
def test_smallest_choice_within_a_cycle_limit(
    layers: list[list[Option]], limit: int, comfortable: Resources
) -> None:
    budget = Resources(1000, 1000, 100)
    found = choose(layers, budget, limit, comfortable)
    possible = [c for c in fitting(layers, budget) if max(o.cycles for o in c) <= limit]
    assert (found is None) == (not possible)
    if found is not None:
        assert area(found, comfortable) == min(area(c, comfortable) for c in possible)


@settings(max_examples=60, deadline=None)
@given(LAYERS, st.integers(5, 60), st.integers(1, 30))
def test_the_least_of_one_kind_within_all_other_limits(
    layers: list[list[Option]], lut: int, limit: int
) -> None:
    found = least(layers, Resources(lut, lut, 0), limit, "bram")
    possible = [c for c in fitting(layers, Resources(lut, lut, 1000)) if max(o.cycles for o in c) <= limit]
    assert (found is None) == (not possible)
    if found is not None:
        assert cost(found).bram == min(cost(c).bram for c in possible)


@settings(max_examples=20, deadline=None)
@given(LAYERS, st.integers(5, 60), st.integers(1, 8))
def test_cp_sat_chooses_where_labels_are_too_many(layers: list[list[Option]], lut: int, bram: int) -> None:
    budget = Resources(lut, lut, bram)
    found = choose(layers, budget, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(labels, "MOST_SUMS", 0)
        other = choose(layers, budget, None)
    assert (found is None) == (other is None)
    if found is not None and other is not None:
        assert max(o.cycles for o in found) == max(o.cycles for o in other)
        assert area(found, budget) == area(other, budget)


@settings(max_examples=40, deadline=None)
@given(LAYERS, st.integers(1, 30))
def test_the_smallest_choice_ignores_limits(layers: list[list[Option]], limit: int) -> None:
    weights = Resources(3, 3, 1)
    found = smallest(layers, weights, limit)
    possible = [c for c in product(*layers) if max(o.cycles for o in c) <= limit]
    assert (found is None) == (not possible)
    if found is not None:
        assert area(found, weights) == min(area(c, weights) for c in possible)
