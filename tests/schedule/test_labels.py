"""Labels against trying every combination, and against CP-SAT."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnngen.schedule import cp_sat, labels

ROWS = st.lists(st.tuples(*[st.integers(0, 9)] * 4), min_size=1, max_size=6)
TABLES: st.SearchStrategy[list[np.ndarray]] = st.lists(ROWS.map(np.array), min_size=1, max_size=4)
LIMITS = st.tuples(*[st.integers(0, 40)] * 3).map(np.array)


def total(tables: list[np.ndarray], rows: list[int] | tuple[int, ...]) -> np.ndarray:
    return sum((table[row] for table, row in zip(tables, rows, strict=True)), np.zeros(4, int))


@settings(max_examples=300, deadline=None)
@given(TABLES, LIMITS)
def test_the_cheapest_choice_within_the_limits(tables: list[np.ndarray], limits: np.ndarray) -> None:
    every = [total(tables, rows) for rows in product(*(range(len(table)) for table in tables))]
    costs = [sums[0] for sums in every if (sums[1:] <= limits).all()]
    found = labels.cheapest(tables, limits)
    assert (found is None) == (not costs)
    if found is not None:
        assert total(tables, found)[0] == min(costs)
        assert (total(tables, found)[1:] <= limits).all()
        assert labels.cheapest(tables, limits) == found


@settings(max_examples=30, deadline=None)
@given(TABLES, LIMITS)
def test_cp_sat_finds_as_good_a_choice(tables: list[np.ndarray], limits: np.ndarray) -> None:
    found, other = labels.cheapest(tables, limits), cp_sat.cheapest(tables, limits)
    assert (found is None) == (other is None)
    if found is not None and other is not None:
        assert (total(tables, other)[1:] <= limits).all()
        assert total(tables, other)[0] == total(tables, found)[0]


def test_a_table_without_rows_leaves_no_choice() -> None:
    assert labels.cheapest([np.ones((2, 4), int), np.ones((0, 4), int)], np.full(3, 9)) is None


def test_nothing_to_choose_is_a_choice() -> None:
    assert labels.cheapest([], np.full(3, 9)) == []


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 3), max_size=20))
def test_undominated_points(points: list[tuple[int, ...]]) -> None:
    kept = [points[k] for k in labels.undominated(np.array(points, int).reshape(-1, 3))]
    beaten = {
        a for a, b in product(points, points) if a != b and all(y <= x for x, y in zip(a, b, strict=True))
    }
    assert kept == sorted(set(points) - beaten)


def test_too_many_labels_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of which none is better than another, and limits that matter."""
    rng = np.random.default_rng(0)
    tables = [rng.integers(0, 1000, (40, 5)) for _ in range(8)]
    with pytest.raises(labels.TooManyLabelsError):
        labels.cheapest(tables, np.full(4, 3000))
    monkeypatch.setattr(labels, "MOST_SUMS", 5)
    with pytest.raises(labels.TooManyLabelsError):
        labels.cheapest([np.ones((6, 4), int)], np.full(3, 9))
