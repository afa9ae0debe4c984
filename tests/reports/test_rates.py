"""The two rates in words."""

from __future__ import annotations

from bnngen.reports.rates import FAR_APART, line_rate


def test_a_hint_where_they_are_far_apart() -> None:
    assert line_rate(FAR_APART * 1234, 1234) == "1,234 frames/s"
    assert line_rate(FAR_APART * 1234 + 1, 1234) == "1,234 frames/s, far less: --fps link is enough for it"


def test_no_hint_to_who_has_taken_it() -> None:
    assert line_rate(1e6, 0.7, hint=False) == "1 frames/s"
