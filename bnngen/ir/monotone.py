"""Functions of single elements that never fall: what they let through of a threshold behind them.

Whether f(x) >= t depends on one number alone, the least x for which it holds. So every such function vanishes
into the thresholds of the quantiser behind it. Some of these are logarithms; then the threshold lies between
two exact numbers (see `bnngen.numbers.enclosed`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from bnngen.ir.graph import Shape
from bnngen.ir.step import ALWAYS, NEVER, Bound
from bnngen.numbers.enclosed import bounds, enclosed, exponential, logarithm
from bnngen.numbers.exact import Exact

Reach = tuple[Exact | None, Exact | None]
"""The least and the greatest value, which need not be taken; None where there is none."""


class Monotone(ABC):
    """A rising function of single elements, the same for all channels or one for each of ``channels``."""

    @property
    def channels(self) -> int:
        """How many functions there are; 1 if they are all the same."""
        return 1

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        if self.channels not in (1, inputs[0][-1]):
            raise ValueError(f"has {self.channels} parameters for {inputs[0][-1]} channels")
        return inputs[0]

    @abstractmethod
    def pulled_back(self, bound: Bound, falls: bool, channel: int = 0) -> Bound:
        """Which x pass ``bound`` once the function is through with them, in a row that falls or not."""

    @abstractmethod
    def reach(self, low: Exact | None, high: Exact | None) -> Reach:
        """The range of its values for arguments between these; None stands for infinity."""


def held(bound: Bound, falls: bool, low: Exact | None, high: Exact | None) -> Bound:
    """What passes ``bound`` where x is held between two ends, of which None is open."""
    least, most = (high, low) if falls else (low, high)
    if bound.value is None:
        return bound
    if least is not None and bound.passed(least, falls):
        return ALWAYS
    if most is not None and not bound.passed(most, falls):
        return NEVER
    return bound


@dataclass(frozen=True)
class Leaky(Monotone):
    """y = x where x >= 0, else slope*x, with one slope, or one a channel, of 0 or more."""

    known_as: ClassVar[str] = "LeakyRelu"

    slopes: tuple[Exact, ...]

    @property
    def channels(self) -> int:
        """See `Monotone`."""
        return len(self.slopes)

    def pulled_back(self, bound: Bound, falls: bool, channel: int = 0) -> Bound:
        """See `Monotone`."""
        slope = self.slopes[channel % len(self.slopes)]
        if not slope:
            return held(bound, falls, Exact(), None)
        if bound.value is None or bound.value >= 0:
            return bound
        return Bound(bound.value / slope, bound.strict)

    def reach(self, low: Exact | None, high: Exact | None) -> Reach:
        """See `Monotone`."""
        slope = min(self.slopes) if high is not None and high < 0 else max(self.slopes)
        least = low if low is None or low >= 0 else low * max(self.slopes)
        if low is None and not any(self.slopes):
            least = Exact()
        return least, high if high is None or high >= 0 else high * slope


@dataclass(frozen=True)
class Smooth(Monotone):
    """A function that rises everywhere, from ``least`` to ``most``, neither of which it reaches."""

    least: ClassVar[Exact | None] = None
    most: ClassVar[Exact | None] = None

    def pulled_back(self, bound: Bound, falls: bool, channel: int = 0) -> Bound:
        """See `Monotone`."""
        if bound.value is None:
            return bound
        low, high = self.reach(None, None)
        if low is not None and bound.value <= low:
            return NEVER if falls else ALWAYS
        if high is not None and bound.value >= high:
            return ALWAYS if falls else NEVER
        return Bound(self.inverse(bound.value), bound.strict)

    def reach(self, low: Exact | None, high: Exact | None) -> Reach:
        """The whole range, whatever the arguments."""
        return self.least, self.most

    @abstractmethod
    def inverse(self, y: Exact) -> Exact:
        """The x that it makes y of; y lies inside its range."""


@dataclass(frozen=True)
class Tanh(Smooth):
    """y = tanh(x)."""

    least: ClassVar[Exact | None] = Exact.of(-1)
    most: ClassVar[Exact | None] = Exact.of(1)

    def inverse(self, y: Exact) -> Exact:
        """ln((1 + y)/(1 - y))/2."""
        return Exact() if y == 0 else _log_ratio(1 + y, 1 - y) / 2


@dataclass(frozen=True)
class Sigmoid(Smooth):
    """y = 1/(1 + exp(-x))."""

    least: ClassVar[Exact | None] = Exact()
    most: ClassVar[Exact | None] = Exact.of(1)

    def inverse(self, y: Exact) -> Exact:
        """ln(y/(1 - y))."""
        return Exact() if y + y == 1 else _log_ratio(y, 1 - y)


@dataclass(frozen=True)
class Softsign(Smooth):
    """y = x/(1 + abs(x))."""

    least: ClassVar[Exact | None] = Exact.of(-1)
    most: ClassVar[Exact | None] = Exact.of(1)

    def inverse(self, y: Exact) -> Exact:
        """y/(1 - abs(y))."""
        return y / (1 - abs(y))


@dataclass(frozen=True)
class Softplus(Smooth):
    """y = ln(1 + exp(x))."""

    least: ClassVar[Exact | None] = Exact()

    def inverse(self, y: Exact) -> Exact:
        """ln(exp(y) - 1)."""
        low, high = exponential(*bounds(y))
        if low <= 1:
            raise ValueError(f"has a threshold at {float(y):g}, too near 0 to be pulled back exactly")
        return enclosed(*logarithm(low - 1, high - 1))


@dataclass(frozen=True)
class Elu(Smooth):
    """y = x where x >= 0, else alpha*(exp(x) - 1), for an alpha above 0."""

    alpha: Exact

    def reach(self, low: Exact | None, high: Exact | None) -> Reach:
        """See `Monotone`."""
        return -self.alpha, None

    def inverse(self, y: Exact) -> Exact:
        """y, or ln(1 + y/alpha) where it is below 0."""
        return y if y >= 0 else enclosed(*logarithm(*bounds(1 + y / self.alpha)))


def _log_ratio(a: Exact, b: Exact) -> Exact:
    """ln(a/b), for two numbers above 0."""
    (a_low, a_high), (b_low, b_high) = bounds(a), bounds(b)
    if min(a_low, b_low) <= 0:
        raise ValueError(f"has a threshold too near the end of its range ({float(a):g} from it)")
    return enclosed(*logarithm(a_low / b_high, a_high / b_low))
