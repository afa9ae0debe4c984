"""What a column of a table is taken for."""

from __future__ import annotations

import pytest

from bnngen.train.datasets.columns import MOST_WORDS, FoundColumn, Kind, find_column, float32_of

ROWS = range(40)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([f"{(7 * k) % 11 / 4}" for k in ROWS], "number"),
        (["0", "1"] * 20, "number"),
        (["3"] * 40, "constant"),
        (["x"] * 40, "constant"),
        ([""] * 40, "constant"),
        ([str(k + 5) for k in ROWS], "counter"),
        ([str((7 * k) % 40) for k in ROWS], "counter"),  # shuffled, each number once
        ([f"{k * k / 10}" for k in ROWS], "counter"),
        ([f"{-k * k / 10}" for k in ROWS], "counter"),
        ([f"2026-05-{k % 28 + 1:02} 12:30" for k in ROWS], "time"),
        ([f"{k % 28 + 1}.5.2026 12:30:00" for k in ROWS], "time"),
        ([f"{k % 12 + 1}/20/2026 1:30 PM" for k in ROWS], "time"),
        (["red", "blue"] * 20, "word"),
        (["red", ""] * 20, "word"),
        ([f"fan number {k}" for k in ROWS], "text"),
        ([f"w{k % (MOST_WORDS + 1)}" for k in range(400)], "text"),
    ],
)
def test_kinds(cells: list[str], kind: Kind) -> None:
    assert find_column("c", cells).kind == kind


def test_few_rows_are_not_counted() -> None:
    assert find_column("c", ["1", "2", "3"]).kind == "number"
    assert find_column("c", ["a", "b", "c"]).kind == "word"


def test_gaps() -> None:
    found = find_column("c", ["1.5", "", "2.5", "n/a", "broken", "1e39", "7", "8", "9"])
    assert found == FoundColumn("c", "number", missing=(1, 3), odd=(4, 5))
    assert found.gaps == (1, 3, 4, 5)
    words = find_column("c", ["red", "", "blue", "none"])
    assert words == FoundColumn("c", "word", missing=(1,), words=("blue", "none", "red"))
    assert words.gaps == ()


def test_numbers_are_those_of_float32() -> None:
    assert float32_of("0.1") == 0.10000000149011612
    assert float32_of("1e39") is None
