"""The search for PLL settings, on a PLL that is drawn by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import pytest

from bnngen.base.errors import BoardError
from bnngen_boards.families.pll import Output, best, within


@dataclass(frozen=True)
class Loop:
    pfd_mhz: Fraction
    vco_mhz: Fraction
    divider: int = 1

    @property
    def out_mhz(self) -> Fraction:
        return self.vco_mhz / self.divider

    def with_divider(self, divider: int) -> Loop:
        return replace(self, divider=divider)

    def instance(self, cell: str, source: Any, clock: Any, locked: Any) -> Any:
        raise NotImplementedError


OUTPUT = Output((1, 2, 4), 100, 400)


def chosen(wanted: int, *loops: tuple[int, int]) -> Loop:
    return best([Loop(Fraction(p), Fraction(v)) for p, v in loops], OUTPUT, Fraction(10), Fraction(wanted))


def test_the_highest_clock_that_is_not_above() -> None:
    assert chosen(300, (10, 500), (10, 580), (10, 700)).out_mhz == 290
    assert chosen(350, (10, 500), (10, 580), (10, 700)).out_mhz == 350


def test_among_equals_the_fastest_phase_detector_then_the_slowest_oscillator() -> None:
    assert chosen(250, (10, 500), (20, 1000)) == Loop(Fraction(20), Fraction(1000), 4)
    assert chosen(250, (20, 1000), (20, 500)) == Loop(Fraction(20), Fraction(500), 2)


@pytest.mark.parametrize("wanted", [0, 99, 401])
def test_what_can_be_reached_is_told(wanted: int) -> None:
    message = (
        rf"a clock of {wanted} MHz cannot be made from the board's 10 MHz: the PLL makes 125 to 300 MHz$"
    )
    with pytest.raises(BoardError, match=message):
        chosen(wanted, (10, 500), (10, 600))


def test_without_a_legal_loop() -> None:
    with pytest.raises(BoardError, match=r"the PLL does not take this input$"):
        chosen(100)


def test_limits_are_legal() -> None:
    assert [within(Fraction(mhz), (2, 4)) for mhz in range(1, 6)] == [False, True, True, True, False]
