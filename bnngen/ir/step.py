"""The quantiser: real thresholds between integer codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bnngen.ir.graph import Shape
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import Exact


@dataclass(frozen=True)
class Bound:
    """One real threshold: passed when x >= value, or x > value if ``strict``.

    Without a value it is always passed, or never if ``strict``. In a falling row the comparison is turned
    round: x <= value, x < value.
    """

    value: Exact | None
    strict: bool

    def passed(self, x: Exact, falling: bool) -> bool:
        """Whether ``x`` passes it, exactly; ``falling`` turns the comparison round."""
        if self.value is None:
            return not self.strict
        order = (x - self.value).sign() * (-1 if falling else 1)
        return order > 0 or (order == 0 and not self.strict)


ALWAYS = Bound(None, strict=False)
NEVER = Bound(None, strict=True)


Row = Sequence[Bound]
"""The thresholds of a channel in the order of the codes: a tuple, or a `bnngen.ir.ladder.Ladder`."""


def decides(row: Row) -> bool:
    """Whether any threshold of a row depends on x."""
    return any(bound.value is not None for bound in row)


@dataclass(frozen=True)
class Step:
    """A quantiser: code = type.lo + step * (how many of the channel's thresholds x passes).

    ``rows`` holds one row of L thresholds for all channels or one per channel, in the order of the levels;
    ``falling`` says per row whether the code falls as x rises. ``type`` is the type of the codes; ``step``
    is 2 if they are bipolar, else 1. ``from_sign`` marks a plain Sign, with the codes -1, 0 and +1, which is
    accepted only where 0 is proved not to occur.
    """

    rows: tuple[Row, ...]
    falling: tuple[bool, ...]
    type: IntType
    from_sign: bool = False

    @property
    def step(self) -> int:
        """The distance between two codes."""
        return 2 if self.type.bipolar else 1

    @property
    def turns(self) -> tuple[bool, ...]:
        """``falling``, but False in rows without any value: x decides nothing there."""
        return tuple(falls and decides(row) for row, falls in zip(self.rows, self.falling, strict=True))

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        if len(self.rows) not in (1, inputs[0][-1]):
            raise ValueError(
                f"has thresholds for {len(self.rows)} channels, but the input has {inputs[0][-1]}"
            )
        return inputs[0]
