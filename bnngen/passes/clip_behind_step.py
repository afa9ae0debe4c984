"""Step(t) -> Clip              =>   Step(t')
Step(t) -> Affine -> Clip    =>   Step(t') -> Affine

A Clip whose ends are codes of the quantiser, or lie beyond them, leaves fewer codes: those between its ends.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bnngen.ir.elementwise import Affine, Clip
from bnngen.ir.graph import Graph, Node
from bnngen.ir.step import Step
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import Exact
from bnngen.passes.rewrite import pair


def clip_behind_step(graph: Graph, node: Node) -> Graph | None:
    """The rewrite above, at ``node``."""
    clip = node.op
    if not isinstance(clip, Clip):
        return None
    scaled = pair(graph, node, Affine, Clip)
    found = pair(graph, scaled[0], Step, Affine) if scaled else pair(graph, node, Step, Clip)
    if found is None:
        return None
    maker, step = found
    type_ = _type(step, clip, scaled[1] if scaled else None)
    if type_ is None:
        return None
    first = type_.lo - step.type.lo
    rows = tuple(row[first : first + type_.hi - type_.lo] for row in step.rows)
    return graph.with_op(maker.name, replace(step, rows=rows, type=type_)).without(node.name)


def _type(step: Step, clip: Clip, affine: Affine | None) -> IntType | None:
    """The codes that are left; None if there is none between the ends, or an end that is no code."""
    if step.type.bipolar or step.from_sign:
        return None
    channels = _channels(affine)
    ranges = {_codes(clip, mul, add) for mul, add in channels if mul}
    if len(ranges) != 1 or not all(mul for mul, _ in channels):
        return None
    low, high = ranges.pop()
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
