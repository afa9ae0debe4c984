"""What a family's PLL is, and the search for its best settings; frequencies are exact fractions of a MHz."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol, Self, TypeVar

from bnngen.base.errors import BoardError


class PllSettings(Protocol):
    """How a PLL is set: a loop around its oscillator, and a divider behind that.

    ``pfd_mhz`` is what the phase detector compares at, ``vco_mhz`` what the oscillator runs at, ``out_mhz``
    the clock that comes out.
    """

    @property
    def pfd_mhz(self) -> Fraction:
        """What the phase detector compares at."""

    @property
    def vco_mhz(self) -> Fraction:
        """What the oscillator runs at."""

    @property
    def out_mhz(self) -> Fraction:
        """The clock that comes out."""

    def with_divider(self, divider: int) -> Self:
        """The same loop with this output divider."""
        ...

    def instance(self, cell: str, source: Any, clock: Any, locked: Any) -> Any:
        """Amaranth's instance of ``cell``, which makes ``clock`` of ``source`` and drives ``locked``."""
        ...


@dataclass(frozen=True)
class Pll:
    """A PLL cell: its name, and the function that finds its settings (see :func:`best`) for an oscillator's
    frequency and the wanted clock. ``from_pad`` says that the clock comes straight from its pin.
    """

    cell: str
    plan: Callable[[Fraction, Fraction], PllSettings]
    from_pad: bool = False


@dataclass(frozen=True)
class Output:
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


_Settings = TypeVar("_Settings", bound=PllSettings)


def best(loops: Sequence[_Settings], output: Output, source: Fraction, wanted: Fraction) -> _Settings:
    """The loop and divider with the highest output that is not above ``wanted``: a design that meets its
    timing at the wanted clock then also meets it at the real one. Among equals the fastest phase detector,
    for the least jitter, and then the slowest oscillator, for the least power.

    Raises :class:`BoardError`, with the range that can be reached, if no setting makes the clock.
    """
    found = []
    for loop in loops:
        divider = output.not_above(loop.vco_mhz, wanted) if wanted > 0 else None
        if divider is not None:
            found.append(loop.with_divider(divider))
    if not found or wanted > output.high_mhz:
        raise BoardError(_unreachable(loops, output, source, wanted))
    return max(found, key=lambda setting: (setting.out_mhz, setting.pfd_mhz, -setting.vco_mhz))


def _unreachable(loops: Sequence[PllSettings], output: Output, source: Fraction, wanted: Fraction) -> str:
    reason = f"a clock of {float(wanted):g} MHz cannot be made from the board's {float(source):g} MHz"
    lows = [low for loop in loops if (low := output.lowest(loop.vco_mhz)) is not None]
    if not lows:
        return f"{reason}: the PLL does not take this input"
    high = best(loops, output, source, Fraction(output.high_mhz)).out_mhz
    return f"{reason}: the PLL makes {float(min(lows)):g} to {float(high):g} MHz"


def within(mhz: Fraction, limits: tuple[Fraction | int, Fraction | int]) -> bool:
    """Whether a frequency is a legal one."""
    return limits[0] <= mhz <= limits[1]
