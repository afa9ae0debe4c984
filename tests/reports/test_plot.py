"""Scatter plots."""

from __future__ import annotations

from bnngen.reports.plot import EDGE, HEIGHT, WIDTH, Point, plot


def test_points_lie_within_the_axes_in_the_right_order() -> None:
    given = [Point(10, 90, False, "a"), Point(20, 95, False, "b"), Point(20, 97, True, "c")]
    drawn = plot(given, "block RAMs")
    assert all(EDGE <= p.x <= WIDTH and 0 <= p.y <= HEIGHT - EDGE for p in drawn.points)
    first, second, third = drawn.points
    assert first.x < second.x == third.x
    assert first.y > second.y > third.y
    assert [p.stands_out for p in drawn.points] == [False, False, True]
    assert third.what == "c: 97.00 %, 20 block RAMs"
    assert (drawn.x_ends, drawn.y_ends) == (("0", "21"), ("89.5 %", "97.5 %"))


def test_one_point_alone() -> None:
    assert len(plot([Point(0, 50, False, "a")], "block RAMs").points) == 1
