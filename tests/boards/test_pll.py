"""PLL settings: exact, legal, never above the wanted clock, and never worse than the families' own tools."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import inf, nan
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.narrow import present

from bnngen.base.errors import BoardError
from bnngen_boards.pll import DirectClock, ecp_pll, exact_mhz, ice_pll, plan_clock
from bnngen_boards.profile import board_names, load_board

WANTED = [16.5, 24, 25, 30, 33.3, 36, 48, 50, 64, 75, 99.9, 100, 123.456, 250]


def tool_output(name: str, *args: str) -> str:
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    assert found is not None, f"{name} is not installed"
    return subprocess.run([found, *args], capture_output=True, text=True, check=True).stdout


def assert_not_worse(ours: Fraction, theirs: Fraction, wanted: Fraction) -> None:
    """The tools take the nearest clock, above or below; ours is the highest that is not above."""
    assert ours <= wanted
    if theirs <= wanted:
        assert ours >= theirs


@pytest.mark.parametrize("mhz", WANTED)
def test_against_icepll(mhz: float) -> None:
    text = tool_output("yowasp-icepll", "-i", "12", "-o", str(mhz))
    divr, divf, divq = (
        int(present(re.search(rf"{name}:\s+(\d+)", text))[1]) for name in ("DIVR", "DIVF", "DIVQ")
    )
    theirs = Fraction(12 * (divf + 1), (divr + 1) << divq)
    ours = ice_pll(Fraction(12), exact_mhz(mhz))
    assert_not_worse(ours.out_mhz, theirs, exact_mhz(mhz))
    if ours.out_mhz == theirs:
        assert (ours.divr, ours.divf, ours.divq) == (divr, divf, divq)
        assert ours.filter_range == int(present(re.search(r"FILTER_RANGE:\s+(\d+)", text))[1])


@pytest.mark.parametrize("highres", [[], ["--highres"]])
@pytest.mark.parametrize("mhz", WANTED)
def test_against_ecppll(mhz: float, highres: list[str]) -> None:
    text = tool_output("yowasp-ecppll", "-i", "25", "-o", str(mhz), *highres)
    refclk, feedback, op, *os = (int(found) for found in re.findall(r"divisor: (\d+)", text))
    theirs = Fraction(25 * feedback * op, refclk * (os[0] if os else op))
    assert_not_worse(ecp_pll(Fraction(25), exact_mhz(mhz)).out_mhz, theirs, exact_mhz(mhz))


@settings(max_examples=40, deadline=None)
@given(source=st.sampled_from([10, 12, 16, 25, 50, 100]), tenths=st.integers(180, 2500))
def test_ice40_limits(source: int, tenths: int) -> None:
    wanted = Fraction(tenths, 10)
    pll = ice_pll(Fraction(source), wanted)
    assert 10 <= pll.pfd_mhz <= 133
    assert 533 <= pll.vco_mhz <= 1066
    assert 16 <= pll.out_mhz <= wanted
    assert 0 <= pll.divr < 16
    assert 0 <= pll.divf < 128
    assert 1 <= pll.divq <= 6


@settings(max_examples=40, deadline=None)
@given(source=st.sampled_from([10, 12, 25, 48, 100]), tenths=st.integers(100, 4000))
def test_ecp5_limits(source: int, tenths: int) -> None:
    wanted = Fraction(tenths, 10)
    pll = ecp_pll(Fraction(source), wanted)
    assert Fraction(25, 8) <= pll.pfd_mhz <= 400
    assert 400 <= pll.vco_mhz <= 800
    assert 10 <= pll.out_mhz <= wanted
    assert pll.out_mhz == Fraction(source * pll.clkfb_div * pll.clkop_div, pll.clki_div * pll.clkos_div)
    assert 10 <= pll.pfd_mhz * pll.clkfb_div <= 400
    assert all(1 <= div <= 128 for div in (pll.clki_div, pll.clkop_div, pll.clkos_div))
    assert 1 <= pll.clkfb_div <= 80


def test_ice40_is_the_best_of_all() -> None:
    wanted = Fraction(333, 10)
    settings_ = product(range(1, 17), range(1, 129), range(1, 7))
    legal = [
        Fraction(100 * f, r << q)
        for r, f, q in settings_
        if 10 <= Fraction(100, r) <= 133 and 533 <= Fraction(100 * f, r) <= 1066
    ]
    assert ice_pll(Fraction(100), wanted).out_mhz == max(out for out in legal if out <= wanted)


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


def test_both_ice40_cells_have_the_same_settings() -> None:
    clock = load_board("icebreaker").clock
    core = clock.model_copy(update={"pll": "SB_PLL40_CORE"})
    assert plan_clock(core, 33.3) == plan_clock(clock, 33.3)


@pytest.mark.parametrize("name", board_names())
def test_default_clock_is_made_exactly(name: str) -> None:
    clock = load_board(name).clock
    assert plan_clock(clock, clock.default_mhz).out_mhz == exact_mhz(clock.default_mhz)


@pytest.mark.parametrize("mhz", [-1, 0, 5, 16, 276, 1000])
def test_unreachable_on_ice40(mhz: float) -> None:
    message = (
        rf"^a clock of {mhz} MHz cannot be made from the board's 12 MHz: the PLL makes 16\.125 to 270 MHz$"
    )
    with pytest.raises(BoardError, match=message):
        plan_clock(load_board("icebreaker").clock, mhz)


@pytest.mark.parametrize("mhz", [1, 9.9, 401])
def test_unreachable_on_ecp5(mhz: float) -> None:
    with pytest.raises(BoardError, match=r"the PLL makes 10 to 400 MHz$"):
        plan_clock(load_board("ulx3s_85f").clock, mhz)


def test_input_that_no_pll_takes() -> None:
    with pytest.raises(BoardError, match=r"from the board's 1 MHz: the PLL does not take this input$"):
        ice_pll(Fraction(1), Fraction(30))
