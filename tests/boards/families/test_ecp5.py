"""What is peculiar to the ECP5: its cells, and a PLL that is never set worse than by the family's own tool."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnngen.base.errors import BoardError
from bnngen_boards.families.cell_counts import CellCounts
from bnngen_boards.families.ecp5 import ECP5, ecp_pll
from bnngen_boards.pll import exact_mhz, plan_clock
from bnngen_boards.profile import load_board
from tests.boards.families.netlists import cell, module
from tests.boards.families.pll_tools import WANTED, assert_not_worse, tool_output


def test_kinds() -> None:
    kinds = [
        "LUT4",
        "LUT4",
        "CCU2C",
        "TRELLIS_DPR16X4",
        "TRELLIS_FF",
        "DP16KD",
        "MULT18X18D",
        "PFUMX",
        "EHXPLLL",
    ]
    assert ECP5.count(module(*map(cell, kinds))) == CellCounts(lut=10, ff=1, bram=1, dsp=1, carry=1)


@pytest.mark.parametrize("highres", [[], ["--highres"]])
@pytest.mark.parametrize("mhz", WANTED)
def test_against_ecppll(mhz: float, highres: list[str]) -> None:
    text = tool_output("yowasp-ecppll", "-i", "25", "-o", str(mhz), *highres)
    refclk, feedback, op, *os = (int(found) for found in re.findall(r"divisor: (\d+)", text))
    theirs = Fraction(25 * feedback * op, refclk * (os[0] if os else op))
    assert_not_worse(ecp_pll(Fraction(25), exact_mhz(mhz)).out_mhz, theirs, exact_mhz(mhz))


@settings(max_examples=40, deadline=None)
@given(source=st.sampled_from([10, 12, 25, 48, 100]), tenths=st.integers(100, 4000))
def test_limits(source: int, tenths: int) -> None:
    wanted = Fraction(tenths, 10)
    pll = ecp_pll(Fraction(source), wanted)
    assert Fraction(25, 8) <= pll.pfd_mhz <= 400
    assert 400 <= pll.vco_mhz <= 800
    assert 10 <= pll.out_mhz <= wanted
    assert pll.out_mhz == Fraction(source * pll.clkfb_div * pll.clkop_div, pll.clki_div * pll.clkos_div)
    assert 10 <= pll.pfd_mhz * pll.clkfb_div <= 400
    assert all(1 <= div <= 128 for div in (pll.clki_div, pll.clkop_div, pll.clkos_div))
    assert 1 <= pll.clkfb_div <= 80


@pytest.mark.parametrize("mhz", [1, 9.9, 401])
def test_unreachable(mhz: float) -> None:
    with pytest.raises(BoardError, match=r"the PLL makes 10 to 400 MHz$"):
        plan_clock(load_board("ulx3s_85f").clock, mhz)
