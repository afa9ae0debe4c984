"""PLL settings, found by trying every legal one; all frequencies are exact fractions of a MHz.

Each search returns the highest frequency that is not above the wanted one: a design that meets
its timing at the wanted clock then also meets it at the real one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import ceil, floor, inf
from typing import TypeVar

from bnngen.base.errors import BoardError
from bnngen_boards.profile import LEAST_MHZ, MOST_MHZ, Clock

# SB_PLL40: limits of the phase detector and the oscillator, in MHz
_ICE_PFD = (10, 133)
_ICE_VCO = (533, 1066)
# where the phase detector's range for FILTER_RANGE 2 begins, for 3, ... 6, in MHz
_ICE_FILTER_LIMITS = (17, 26, 44, 66, 101)

# EHXPLLL, the same
_ECP_PFD = (Fraction(25, 8), 400)
_ECP_VCO = (400, 800)
_ECP_CLKOP = (10, 400)


@dataclass(frozen=True)
class DirectClock:
    """No PLL: the clock is the oscillator itself, or one that is assumed. ``out_mhz`` is its frequency."""

    out_mhz: Fraction


@dataclass(frozen=True)
class IcePll:
    """Settings of an iCE40 ``SB_PLL40`` in SIMPLE feedback mode, as its parameters want them.

    ``in_mhz`` and ``out_mhz`` are the frequencies before and after it.
    """

    in_mhz: Fraction
    divr: int
    divf: int
    divq: int

    @property
    def pfd_mhz(self) -> Fraction:
        """What the phase detector compares at."""
        return self.in_mhz / (self.divr + 1)

    @property
    def vco_mhz(self) -> Fraction:
        """What the oscillator runs at."""
        return self.pfd_mhz * (self.divf + 1)

    @property
    def out_mhz(self) -> Fraction:
        """The clock that comes out."""
        return self.vco_mhz / (1 << self.divq)

    def with_divider(self, divider: int) -> IcePll:
        """The same loop with this output divider, a power of two."""
        return replace(self, divq=divider.bit_length() - 1)

    @property
    def filter_range(self) -> int:
        """The loop filter that belongs to the phase detector's frequency: 1..6."""
        return 1 + sum(self.pfd_mhz >= limit for limit in _ICE_FILTER_LIMITS)


@dataclass(frozen=True)
class EcpPll:
    """Settings of an ECP5 ``EHXPLLL``: CLKOP closes the loop, CLKOS is the clock that we use.

    With an output of its own the loop's divider does not restrict the clock's.
    """

    in_mhz: Fraction
    clki_div: int
    clkfb_div: int
    clkop_div: int
    clkos_div: int

    @property
    def pfd_mhz(self) -> Fraction:
        """What the phase detector compares at."""
        return self.in_mhz / self.clki_div

    @property
    def vco_mhz(self) -> Fraction:
        """What the oscillator runs at."""
        return self.pfd_mhz * self.clkfb_div * self.clkop_div

    @property
    def out_mhz(self) -> Fraction:
        """The clock that comes out at CLKOS."""
        return self.vco_mhz / self.clkos_div

    def with_divider(self, divider: int) -> EcpPll:
        """The same loop with this output divider."""
        return replace(self, clkos_div=divider)


ClockPlan = DirectClock | IcePll | EcpPll
_Setting = TypeVar("_Setting", IcePll, EcpPll)


@dataclass(frozen=True)
class _Output:
    """The divider after the oscillator: its legal values, sorted, and the legal range of what it gives."""

    dividers: tuple[int, ...]
    low_mhz: int
    high_mhz: int

    def not_above(self, vco: Fraction, wanted: Fraction) -> int | None:
        """The least divider whose result is neither above ``wanted`` nor outside the legal range."""
        index = bisect_left(self.dividers, vco / min(wanted, Fraction(self.high_mhz)))
        if index == len(self.dividers) or vco / self.dividers[index] < self.low_mhz:
            return None
        return self.dividers[index]

    def lowest(self, vco: Fraction) -> Fraction | None:
        """The lowest legal output."""
        index = bisect_right(self.dividers, vco / self.low_mhz) - 1
        return vco / self.dividers[index] if index >= 0 else None


_ICE_OUTPUT = _Output(tuple(1 << q for q in range(1, 7)), 16, 275)
_ECP_OUTPUT = _Output(tuple(range(1, 129)), 10, 400)


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
    return ecp_pll(source, wanted) if clock.pll == "EHXPLLL" else ice_pll(source, wanted)


def ice_pll(in_mhz: Fraction, wanted_mhz: Fraction) -> IcePll:
    """The best ``SB_PLL40`` settings. Raises as :func:`plan_clock`."""
    return _best(list(_ice_loops(in_mhz)), _ICE_OUTPUT, in_mhz, wanted_mhz)


def ecp_pll(in_mhz: Fraction, wanted_mhz: Fraction) -> EcpPll:
    """The best ``EHXPLLL`` settings. Raises as :func:`plan_clock`."""
    return _best(list(_ecp_loops(in_mhz)), _ECP_OUTPUT, in_mhz, wanted_mhz)


def _best(loops: list[_Setting], output: _Output, source: Fraction, wanted: Fraction) -> _Setting:
    """The loop and divider with the highest output; among equals the fastest phase detector, for
    the least jitter, and then the slowest oscillator, for the least power."""
    found = []
    for loop in loops:
        divider = output.not_above(loop.vco_mhz, wanted) if wanted > 0 else None
        if divider is not None:
            found.append(loop.with_divider(divider))
    if not found or wanted > output.high_mhz:
        raise BoardError(_unreachable(loops, output, source, wanted))
    return max(found, key=lambda setting: (setting.out_mhz, setting.pfd_mhz, -setting.vco_mhz))


def _unreachable(loops: list[_Setting], output: _Output, source: Fraction, wanted: Fraction) -> str:
    reason = f"a clock of {float(wanted):g} MHz cannot be made from the board's {float(source):g} MHz"
    lows = [low for loop in loops if (low := output.lowest(loop.vco_mhz)) is not None]
    if not lows:
        return f"{reason}: the PLL does not take this input"
    high = _best(loops, output, source, Fraction(output.high_mhz)).out_mhz
    return f"{reason}: the PLL makes {float(min(lows)):g} to {float(high):g} MHz"


def _ice_loops(source: Fraction) -> Iterator[IcePll]:
    for divr, divf in product(range(16), range(128)):
        loop = IcePll(source, divr, divf, divq=0)
        if _within(loop.pfd_mhz, _ICE_PFD) and _within(loop.vco_mhz, _ICE_VCO):
            yield loop


def _ecp_loops(source: Fraction) -> Iterator[EcpPll]:
    for clki_div in range(1, 129):
        pfd = source / clki_div
        if not _within(pfd, _ECP_PFD):
            continue
        for multiple in range(ceil(_ECP_VCO[0] / pfd), floor(_ECP_VCO[1] / pfd) + 1):
            clkop_div = _feedback_divider(pfd, multiple)
            if clkop_div is not None:
                yield EcpPll(source, clki_div, multiple // clkop_div, clkop_div, clkos_div=1)


def _feedback_divider(pfd: Fraction, multiple: int) -> int | None:
    """CLKOP's divider where CLKOP's and the feedback's divider multiply to ``multiple``: the greatest
    that keeps CLKOP in its legal range."""
    for clkop_div in range(min(128, multiple), 0, -1):
        clkfb_div = multiple // clkop_div
        if multiple % clkop_div == 0 and clkfb_div <= 80 and _within(pfd * clkfb_div, _ECP_CLKOP):
            return clkop_div
    return None


def _within(mhz: Fraction, limits: tuple[Fraction | int, Fraction | int]) -> bool:
    return limits[0] <= mhz <= limits[1]
