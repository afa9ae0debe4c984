"""What is peculiar to the iCE40: its cells, and a PLL that is never set worse than by the family's own tool."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.narrow import present

from bnngen.base.errors import BoardError
from bnngen_boards.families.cell_counts import CellCounts
from bnngen_boards.families.ice40 import ICE40, ice_pll
from bnngen_boards.pll import exact_mhz, plan_clock
from bnngen_boards.profile import load_board
from tests.boards.families.netlists import cell, module
from tests.boards.families.pll_tools import WANTED, assert_not_worse, tool_output


def test_kinds() -> None:
    kinds = ["SB_DFF", "SB_DFFESR", "SB_RAM40_4K", "SB_RAM40_4KNR", "SB_MAC16", "SB_PLL40_PAD", "SB_IO"]
    lut = cell("SB_LUT4", I0=1, I1=2, I2=3, I3=4)
    counts = ICE40.count(module(lut, *(cell(kind) for kind in kinds)))
    assert counts == CellCounts(lut=1, ff=2, bram=2, dsp=1, carry=0)


def test_adder_bits_share_and_comparator_bits_do_not() -> None:
    sum_bit = cell("SB_LUT4", I0=9, I1=2, I2=3, I3=4)
    own_carry = cell("SB_CARRY", I0=2, I1=3, CI=4)
    other = cell("SB_CARRY", I0=2, I1=3, CI=5)
    assert ICE40.count(module(sum_bit, own_carry)).lut == 1
    assert ICE40.count(module(sum_bit, other)).lut == 2
    counts = ICE40.count(module(sum_bit, own_carry, own_carry))
    assert (counts.lut, counts.carry) == (2, 2)


def test_the_kind_of_device_is_told_to_yosys() -> None:
    assert ICE40.synthesis_command("iCE40UP5K") == "synth_ice40 -dff -device u -dsp"
    assert ICE40.synthesis_command("iCE40HX8K") == "synth_ice40 -dff -device hx"


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


@settings(max_examples=40, deadline=None)
@given(source=st.sampled_from([10, 12, 16, 25, 50, 100]), tenths=st.integers(180, 2500))
def test_limits(source: int, tenths: int) -> None:
    wanted = Fraction(tenths, 10)
    pll = ice_pll(Fraction(source), wanted)
    assert 10 <= pll.pfd_mhz <= 133
    assert 533 <= pll.vco_mhz <= 1066
    assert 16 <= pll.out_mhz <= wanted
    assert 0 <= pll.divr < 16
    assert 0 <= pll.divf < 128
    assert 1 <= pll.divq <= 6


def test_the_clock_is_the_best_of_all() -> None:
    wanted = Fraction(333, 10)
    settings_ = product(range(1, 17), range(1, 129), range(1, 7))
    legal = [
        Fraction(100 * f, r << q)
        for r, f, q in settings_
        if 10 <= Fraction(100, r) <= 133 and 533 <= Fraction(100 * f, r) <= 1066
    ]
    assert ice_pll(Fraction(100), wanted).out_mhz == max(out for out in legal if out <= wanted)


def test_both_cells_have_the_same_settings() -> None:
    clock = load_board("icebreaker").clock
    core = clock.model_copy(update={"pll": "SB_PLL40_CORE"})
    assert plan_clock(core, 33.3) == plan_clock(clock, 33.3)


@pytest.mark.parametrize("mhz", [-1, 0, 5, 16, 276, 1000])
def test_unreachable(mhz: float) -> None:
    message = (
        rf"^a clock of {mhz} MHz cannot be made from the board's 12 MHz: the PLL makes 16\.125 to 270 MHz$"
    )
    with pytest.raises(BoardError, match=message):
        plan_clock(load_board("icebreaker").clock, mhz)


def test_input_that_no_pll_takes() -> None:
    with pytest.raises(BoardError, match=r"from the board's 1 MHz: the PLL does not take this input$"):
        ice_pll(Fraction(1), Fraction(30))
