"""The clock of a board: exact, and made by its PLL unless it is the oscillator's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from math import inf, nan
from pathlib import Path

import pytest

from bnngen.base.errors import BoardError
from bnngen_boards.pll import DirectClock, exact_mhz, plan_clock
from bnngen_boards.profile import board_names, load_board


def test_exact_decimals() -> None:
    assert exact_mhz(33.3) == Fraction(333, 10)
    assert exact_mhz(24) == 24


def test_the_oscillator_needs_no_pll() -> None:
    assert plan_clock(load_board("icebreaker").clock, 12) == DirectClock(Fraction(12))


@pytest.mark.parametrize("mhz", [0.1, 33.3, 100, 741])
def test_an_assumed_clock_is_the_wanted_one(netlist_board: Callable[..., Path], mhz: float) -> None:
    assert plan_clock(load_board(netlist_board()).clock, mhz) == DirectClock(exact_mhz(mhz))


@pytest.mark.parametrize("mhz", [0, -5, 1e-300, 2001, 1e300, inf, nan])
def test_an_assumed_clock_is_one_that_a_fabric_could_have(
    netlist_board: Callable[..., Path], mhz: float
) -> None:
    with pytest.raises(
        BoardError, match=rf"^a clock must have 0.001 to 2000 MHz, not {re.escape(f'{mhz:g}')}$"
    ):
        plan_clock(load_board(netlist_board()).clock, mhz)


@pytest.mark.parametrize("mhz", [inf, -inf, nan])
def test_a_made_clock_is_a_number(mhz: float) -> None:
    with pytest.raises(BoardError, match=rf"^a clock must have 0.001 to 2000 MHz, not {mhz}$"):
        plan_clock(load_board("icebreaker").clock, mhz)


@pytest.mark.parametrize("name", board_names())
def test_default_clock_is_made_exactly(name: str) -> None:
    clock = load_board(name).clock
    assert plan_clock(clock, clock.default_mhz).out_mhz == exact_mhz(clock.default_mhz)
