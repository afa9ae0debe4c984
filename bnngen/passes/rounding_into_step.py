"""Rounding, of bounded numbers                =>   Step
Rounding -> Clip(low, high)                  =>   Step -> Clip(low, high)
Rounding -> Affine(m, a) -> Clip(low, high)  =>   Step -> Affine(m, a) -> Clip(low, high)

A whole number between two others is the code of a quantiser with a threshold for each of them. Bounds come
from what stands in front, such as a Clip or a quantiser, or from the Clip behind: what the codes leave out is
beyond its ends.
"""

from __future__ import annotations

import math

from bnngen.ir.elementwise import Affine, Clip
from bnngen.ir.graph import Graph, Node
from bnngen.ir.ladder import Ladder
from bnngen.ir.rounding import Rounding
from bnngen.ir.step import Step
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import Exact
from bnngen.numbers.rounding import round_exactly
from bnngen.passes.ranges import OPEN, Range, range_of
from bnngen.passes.rewrite import Refusal

MOST_LEVELS = 255
"""Thresholds that a rounding may have."""
MOST_WHOLE = 1 << 52
"""The greatest of the numbers that it may round to."""


def rounding_into_step(graph: Graph, node: Node) -> Graph | Refusal | None:
    """The rewrite above, at ``node``."""
    if not isinstance(node.op, Rounding):
        return None
    mode = node.op.mode
    before, behind = range_of(graph, node.inputs[0]), _range_behind(graph, node)
    lows = [round_exactly(end, mode) for end in before[:1] if end is not None]
    lows += [math.floor(end) for end in behind[:1] if end is not None]
    highs = [round_exactly(end, mode) for end in before[1:] if end is not None]
    highs += [math.ceil(end) for end in behind[1:] if end is not None]
    low, high = max(lows, default=None), min(highs, default=None)
    if low is None or high is None:
        return Refusal(
            node.name,
            "rounds a tensor that has no bounds; put a clip in front of it, or right behind it (torch.clamp)",
        )
    if high - low > MOST_LEVELS:
        return Refusal(
            node.name,
            f"rounds to {high - low + 1:,} whole numbers, {low:,} to {high:,}; at most {MOST_LEVELS + 1} are "
            "supported: clip to a smaller range",
        )
    if max(abs(low), abs(high)) > MOST_WHOLE:
        return Refusal(
            node.name,
            f"rounds to whole numbers as far from 0 as {float(max(low, high, key=abs)):.1e}; at most "
            f"{float(MOST_WHOLE):.1e} are supported: add less, or scale by less, in front of it",
        )
    # of one number only, or none: a quantiser has two codes at least
    high = max(high, low + 1)
    row = Ladder(mode, tuple(range(low + 1, high + 1)))
    return graph.with_op(node.name, Step((row,), (False,), IntType(low, high)))


def _range_behind(graph: Graph, node: Node) -> Range:
    """The whole numbers beyond which a Clip behind makes no difference."""
    reader, mul, add = graph.only_consumer(node.name), Exact.of(1), Exact()
    low, high = OPEN
    while reader is not None:
        if isinstance(reader.op, Affine):
            if not (len(reader.op.mul) == len(reader.op.add) == 1) or reader.op.mul[0].sign() <= 0:
                break
            mul, add = reader.op.mul[0] * mul, reader.op.mul[0] * add + reader.op.add[0]
        elif isinstance(reader.op, Clip):
            ends = ((end if end is None else (end - add) / mul) for end in (reader.op.low, reader.op.high))
            low, high = (known if end is None else end for known, end in zip((low, high), ends, strict=True))
        else:
            break
        reader = graph.only_consumer(reader.name)
    return low, high
