"""Exact numbers as texts, and the columns of a trace."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bnngen.numbers.exact import Exact
from bnngen.reports.trace import ChannelRecord, LevelRecord, number_record, traced_levels

ZERO = number_record(Exact())


@pytest.mark.parametrize(
    ("value", "exact", "decimal"),
    [
        (Exact(), "0", "0"),
        (Exact.of(Fraction(-1, 3)), "-1/3", "-0.3333333"),
        (Exact.of(2).sqrt() * Fraction(1, 2), "1/2*sqrt(2)", "0.7071068"),
        (Exact.of(10**400), f"{10**400}", "inf"),
        (Exact.of(Fraction(1, 1 << 5000)), "about 0", "0"),
    ],
)
def test_a_number(value: Exact, exact: str, decimal: str) -> None:
    found = number_record(value)
    assert (found.exact, found.value) == (exact, decimal)


def test_a_level_in_its_columns() -> None:
    level = LevelRecord(code=3, strict=True, real=ZERO, sums=ZERO, integer=-1234)
    never = LevelRecord(code=4, strict=True, real=None, sums=None, integer=None)
    channel = ChannelRecord(
        channel=0, weights=[], mul=ZERO, add=ZERO, range=[-10, 10], negated=False, inverted=False,
        operators=[], levels=[level, never], table=[-10, 11], checked=0, wrong=0,
    )  # fmt: skip
    cells = [[column.cell(row) for column in traced_levels(channel)] for row in channel.levels]
    assert cells == [["3", "0", "0", ">", "-1,234", "-10", "0"], ["4", "-", "-", ">", "-", "-", "-"]]
