"""Real functions of single elements: each parameter is exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bnngen.ir.graph import Shape
from bnngen.ir.monotone import Monotone, Reach, held
from bnngen.ir.step import Bound
from bnngen.numbers.exact import Exact, ExactArray


@dataclass(frozen=True, eq=False)
class Affine:
    """y = mul*x + add, each one number (shape (1,)) or one per channel (shape (C,))."""

    mul: ExactArray
    add: ExactArray

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        for parameter in (self.mul, self.add):
            if parameter.shape not in ((1,), inputs[0][-1:]):
                raise ValueError(f"has {parameter.shape[0]} parameters for {inputs[0][-1]} channels")
        return inputs[0]

    @property
    def is_scalar(self) -> bool:
        """Whether every channel has the same parameters."""
        return _all_equal(self.mul) and _all_equal(self.add)


@dataclass(frozen=True)
class Clip(Monotone):
    """y = min(max(x, low), high), with low <= high; an end that is None is open."""

    low: Exact | None
    high: Exact | None

    def pulled_back(self, bound: Bound, falls: bool, channel: int = 0) -> Bound:
        """See `Monotone`."""
        return held(bound, falls, self.low, self.high)

    def reach(self, low: Exact | None, high: Exact | None) -> Reach:
        """See `Monotone`."""
        return self._clipped(low, self.low), self._clipped(high, self.high)

    def _clipped(self, value: Exact | None, open_: Exact | None) -> Exact | None:
        if value is None:
            return open_
        value = value if self.low is None else max(value, self.low)
        return value if self.high is None else min(value, self.high)


RELU = Clip(Exact(), None)
"""y = max(x, 0)."""


def _all_equal(values: ExactArray) -> bool:
    flat = values.reshape(-1)
    return all(v == flat[0] for v in flat)
