"""The clock of a board's design, as an exact fraction of a MHz."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import inf

from bnngen.base.errors import BoardError
from bnngen_boards.families import PLLS, PllCell
from bnngen_boards.families.pll import PllSettings
from bnngen_boards.profile import LEAST_MHZ, MOST_MHZ, Clock


@dataclass(frozen=True)
class DirectClock:
    """No PLL: the clock is the oscillator itself, or one that is assumed. ``out_mhz`` is its frequency."""

    out_mhz: Fraction


ClockPlan = DirectClock | PllSettings


def exact_mhz(mhz: float | Fraction) -> Fraction:
    """The decimal number that was written, not the binary one next to it (33.3 is 333/10)."""
    return mhz if isinstance(mhz, Fraction) else Fraction(str(mhz))


def plan_clock(clock: Clock, wanted_mhz: float | Fraction) -> ClockPlan:
    """The settings that make the highest clock not above ``wanted_mhz`` from a board's oscillator.

    The oscillator's own frequency needs no PLL, and without an oscillator any clock is assumed. Raises
    :class:`BoardError`, with the range that can be reached, if no setting makes the clock.
    """
    made = clock.input_mhz is not None and -inf < wanted_mhz < inf
    if not made and not LEAST_MHZ <= wanted_mhz <= MOST_MHZ:
        raise BoardError(f"a clock must have {LEAST_MHZ} to {MOST_MHZ} MHz, not {float(wanted_mhz):g}")
    wanted = exact_mhz(wanted_mhz)
    if clock.input_mhz is None:
        return DirectClock(wanted)
    source = exact_mhz(clock.input_mhz)
    if source == wanted:
        return DirectClock(source)
    assert clock.pll is not None  # a profile with an oscillator has a PLL
    return _planned(clock.pll, source, wanted)


@cache
def _planned(cell: PllCell, source: Fraction, wanted: Fraction) -> PllSettings:
    """What is asked for once for each design of a search."""
    return PLLS[cell].plan(source, wanted)
