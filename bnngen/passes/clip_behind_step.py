"""Step(t) -> Clip              =>   Step(t')
Step(t) -> Affine -> Clip    =>   Step(t') -> Affine

A Clip whose ends are codes of the quantiser, or lie beyond them, leaves fewer codes: those between its ends.
What only moves elements may stand in between.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bnngen.ir.elementwise import Affine, Clip
from bnngen.ir.graph import Graph, Node
from bnngen.ir.moves import ChannelSlice, Reshape, Upsampling
from bnngen.ir.rounding import Rounding
from bnngen.ir.step import Step
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import Exact
from bnngen.passes.rewrite import pair


def clip_behind_step(graph: Graph, node: Node) -> Graph | None:
    """The rewrite above, at ``node``."""
    if not isinstance(node.op, Clip):
        return None
    maker, affine = _quantizer(graph, node)
    if maker is None or not isinstance(maker.op, Step):
        return None
    step, type_ = maker.op, _type(maker.op, node.op, affine)
    if type_ is None:
        return None
    first, count = type_.lo - step.type.lo, len(step.rows[0]) - (step.type.hi - type_.hi)
    rows = tuple(row[first:count] for row in step.rows)
    return graph.with_op(maker.name, replace(step, rows=rows, type=type_)).without(node.name)


def awaits_clip(graph: Graph, node: Node) -> bool:
    """Whether a Clip will leave fewer of the codes that the quantiser ``node`` makes."""
    reader = graph.only_consumer(node.name)
    while reader is not None and isinstance(reader.op, Affine):
        reader = graph.only_consumer(reader.name)
    return reader is not None and joins_quantizer(graph, reader)


def joins_quantizer(graph: Graph, node: Node) -> bool:
    """Whether a Clip will be a part of the quantiser in front of it, which may be a rounding yet."""
    if not isinstance(node.op, Clip):
        return False
    maker, affine = _quantizer(graph, node)
    if maker is None:
        return False
    return not isinstance(maker.op, Step) or _type(maker.op, node.op, affine) is not None


def _quantizer(graph: Graph, node: Node) -> tuple[Node | None, Affine | None]:
    """The quantiser in front of a Clip, or a rounding, and what scales its codes."""
    affine: Affine | None = None
    while match := pair(graph, node, Step | Rounding | Affine | Upsampling | Reshape | ChannelSlice, object):
        node, op = match
        if isinstance(op, Step | Rounding):
            return node, affine
        if isinstance(op, Affine):
            if affine is not None:
                break
            affine = op
    return None, None


def _type(step: Step, clip: Clip, affine: Affine | None) -> IntType | None:
    """The codes that are left; None if there is none between the ends, or an end that is no code."""
    channels = _channels(affine)
    ranges = {_codes(clip, mul, add) for mul, add in channels if mul}
    if len(ranges) != 1 or not all(mul for mul, _ in channels):
        return None
    low, high = ranges.pop()
    if step.type.bipolar:  # both codes, or only one
        both = (low is None or low <= -1) and (high is None or high >= 1)
        return step.type if both else None
    lo, hi = (_end(end, limit, step.type) for end, limit in ((low, step.type.lo), (high, step.type.hi)))
    return IntType(lo, hi) if lo is not None and hi is not None and lo < hi else None


def _channels(affine: Affine | None) -> list[tuple[Exact, Exact]]:
    if affine is None:
        return [(Exact.of(1), Exact())]
    count = max(len(affine.mul), len(affine.add))
    return list(zip(np.resize(affine.mul, count), np.resize(affine.add, count), strict=True))


def _codes(clip: Clip, mul: Exact, add: Exact) -> tuple[Exact | None, Exact | None]:
    """The ends of the Clip as codes."""
    low, high = (None if end is None else (end - add) / mul for end in (clip.low, clip.high))
    return (high, low) if mul.sign() < 0 else (low, high)


def _end(end: Exact | None, limit: int, type_: IntType) -> int | None:
    """An end of the codes that are left: ``limit`` where the Clip's lies beyond it."""
    if end is None or (end <= limit if limit == type_.lo else end >= limit):
        return limit
    inside = type_.lo <= end <= type_.hi
    return int(end) if inside and end.is_rational and end.fraction().denominator == 1 else None
