"""What stands behind a layer's sums in the file, channel by channel: forwards, for one number, and backwards,
for the thresholds of the quantiser at the end.

Both are written from the operators' definitions, and share nothing with the rewrites.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bnngen.ir.elementwise import Affine, Clip
from bnngen.ir.graph import Node
from bnngen.ir.layers import Pooling
from bnngen.ir.moves import Move
from bnngen.ir.rounding import Rounding
from bnngen.ir.step import ALWAYS, NEVER, Bound, Step
from bnngen.numbers.exact import Exact
from bnngen.numbers.rounding import bound, round_exactly


@dataclass(frozen=True)
class Level:
    """A threshold of a chain: passed by numbers on one side of ``bound``, below it if it ``falls``."""

    bound: Bound
    falls: bool

    def passed(self, x: Exact) -> bool:
        """Whether ``x`` is on that side."""
        return self.bound.passed(x, self.falls)


@dataclass(frozen=True)
class Chain:
    """The nodes from behind a sum to a quantiser, the last of ``nodes``; ``channels`` says which channel of
    each node the sum's channel is."""

    nodes: tuple[Node, ...]
    channels: tuple[int, ...]

    @property
    def last(self) -> Step:
        """The quantiser."""
        step = self.nodes[-1].op
        assert isinstance(step, Step)
        return step

    @property
    def evaluates(self) -> bool:
        """Whether every operator's value of a number can be computed exactly."""
        return all(isinstance(node.op, _SIMPLE) for node in self.nodes)

    def count(self, y: Exact) -> int:
        """How many levels of the quantiser the number passes at the end, by way of every operator's value."""
        steps = list(zip(self.nodes, self.channels, strict=True))
        for node, channel in steps[:-1]:
            y = _value(node.op, channel, y)
        return _passed(self.last, steps[-1][1], y)

    def levels(self) -> list[Level]:
        """The thresholds of the quantiser as numbers in front of the chain, in the order of the codes."""
        row, falls = _row(self.last, self.channels[-1])
        levels = [Level(bound, falls) for bound in row]
        for node, channel in list(zip(self.nodes, self.channels, strict=True))[-2::-1]:
            levels = [_before(node.op, channel, level) for level in levels]
        return levels


_SIMPLE = (Affine, Clip, Rounding, Step, Pooling, Move)


def parameters(affine: Affine, channel: int) -> tuple[Exact, Exact]:
    """The scale and the offset of one channel."""
    return affine.mul[channel % len(affine.mul)], affine.add[channel % len(affine.add)]


def code_of(step: Step, count: int) -> Exact:
    """The code of a quantiser that so many levels make."""
    return Exact.of(step.type.lo + step.step * count)


def scaled_back(level: Level, mul: Exact, add: Exact) -> Level:
    """The level for x, of one for mul*x + add."""
    bound = level.bound
    if bound.value is None:
        return level
    if not mul:
        return Level(ALWAYS if level.passed(add) else NEVER, level.falls)
    return Level(Bound((bound.value - add) / mul, bound.strict), level.falls != (mul.sign() < 0))


def _row(step: Step, channel: int) -> tuple[Sequence[Bound], bool]:
    return step.rows[channel % len(step.rows)], step.falling[channel % len(step.falling)]


def _passed(step: Step, channel: int, x: Exact) -> int:
    row, falls = _row(step, channel)
    return sum(bound.passed(x, falls) for bound in row)


def _value(op: Any, channel: int, x: Exact) -> Exact:
    """What a simple operator makes of a number; a pool or a move of equal numbers changes nothing."""
    if isinstance(op, Affine):
        mul, add = parameters(op, channel)
        return mul * x + add
    if isinstance(op, Clip):
        low = x if op.low is None else max(x, op.low)
        return low if op.high is None else min(low, op.high)
    if isinstance(op, Rounding):
        return Exact.of(round_exactly(x, op.mode))
    return code_of(op, _passed(op, channel, x)) if isinstance(op, Step) else x


def _before(op: Any, channel: int, level: Level) -> Level:
    """The level in front of an operator, of one behind it."""
    if isinstance(op, Affine):
        return scaled_back(level, *parameters(op, channel))
    if isinstance(op, Step):
        return _before_step(op, channel, level)
    if isinstance(op, Clip):
        ends = [level.passed(end) if end is not None else None for end in (op.low, op.high)]
        return _before_clip(ends, level)
    if isinstance(op, Rounding):
        return _before_rounding(op, level)
    pulled = getattr(op, "pulled_back", None)
    return Level(pulled(level.bound, level.falls, channel), level.falls) if pulled else level


def _before_clip(ends: Sequence[bool | None], level: Level) -> Level:
    """The lowest number that a Clip lets through decides of all below it, the highest of all above."""
    rising = ends[::-1] if level.falls else ends
    if rising[0]:
        return Level(ALWAYS, level.falls)
    return Level(NEVER, level.falls) if rising[1] is False else level


def _before_rounding(op: Rounding, level: Level) -> Level:
    """The first whole number that passes, or on the way down the one above it that does not, says where."""
    value, strict = level.bound.value, level.bound.strict
    if value is None:
        return level
    below = math.floor(value)
    whole = below == value
    if level.falls:
        above, beyond = bound(op.mode, below if whole and strict else below + 1)
        return Level(Bound(Exact.of(above), not beyond), falls=True)
    edge, beyond = bound(op.mode, below if whole and not strict else below + 1)
    return Level(Bound(Exact.of(edge), beyond), falls=False)


def _before_step(step: Step, channel: int, level: Level) -> Level:
    """A threshold between codes is the threshold at which the first of the codes behind it is reached."""
    row, falls = _row(step, channel)
    passing = [k for k in range(len(row) + 1) if level.passed(code_of(step, k))]
    turned = falls != level.falls
    if len(passing) == len(row) + 1 or not passing:
        return Level(ALWAYS if passing else NEVER, turned)
    if not level.falls:
        return Level(row[passing[0] - 1], turned)
    edge = row[passing[-1]]
    if edge.value is None:
        return Level(ALWAYS if edge.strict else NEVER, turned)
    return Level(Bound(edge.value, not edge.strict), turned)
