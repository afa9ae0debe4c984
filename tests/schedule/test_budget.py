"""What a board offers, and the cycles that a rate leaves."""

import math
from fractions import Fraction
from typing import Any

import pytest

from bnngen.base.errors import UsageError
from bnngen.cost.resources import Resources
from bnngen.schedule.budget import Rate, available, budget, comfortable, cycle_limit, host_link
from bnngen_boards.profile import load_board


def test_the_serial_link_s_buffer_is_counted() -> None:
    assert host_link(load_board("icebreaker")).bram == 1
    assert host_link(load_board("ulx3s_85f")).bram == 2


def test_area_is_measured_by_what_routes_well() -> None:
    assert comfortable(load_board("ulx3s_85f")).lut == 2 * load_board("ulx3s_85f").fabric.routable_lut
    assert comfortable(load_board("zc706")) == available(load_board("zc706"))


def test_a_board_without_a_serial_link_gives_all_to_the_layers() -> None:
    board = load_board("zc706")
    assert host_link(board) == Resources()
    assert budget(board, "max") == available(board)


@pytest.mark.parametrize("rate", ["max", 1000])
def test_a_wanted_rate_may_take_all_luts(rate: Rate) -> None:
    board = load_board("icebreaker")
    assert budget(board, rate).lut == 5280 - host_link(board).lut
    assert budget(board, None).lut == 3696 - host_link(board).lut


def test_cycles_are_rounded_down() -> None:
    assert cycle_limit(70_000, Fraction(30)) == 428
    assert cycle_limit(None, Fraction(30)) is cycle_limit("max", Fraction(30)) is None


@pytest.mark.parametrize("rate", [0, -1, math.nan, math.inf, -math.inf, "fast"])
def test_a_rate_must_be_a_positive_number(rate: Any) -> None:
    with pytest.raises(UsageError, match=f"frame rate must be a number above 0, link or max, not {rate}"):
        cycle_limit(rate, Fraction(30))
