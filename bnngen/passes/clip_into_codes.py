"""Step{lo..hi} -> Clip(low, high)   =>   Step{low..high}
Step -> Affine(m, a) -> Clip     =>   the same -> Affine(m, a)

A Clip that holds codes at one of them leaves out the thresholds beyond it; one that reaches as far as the
codes do changes nothing.
"""

from __future__ import annotations

import math
from dataclasses import replace

from bnngen.ir.elementwise import Affine, Clip
from bnngen.ir.graph import Graph, Node
from bnngen.ir.step import Step
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import Exact
from bnngen.passes.rewrite import pair


def clip_into_codes(graph: Graph, node: Node) -> Graph | None:
    """The rewrite above, at ``node``."""
    match = pair(graph, node, Step | Affine, Clip)
    if match is None:
        return None
    maker, mul, add = match[0], Exact.of(1), Exact()
    if isinstance(maker.op, Affine):
        before = pair(graph, maker, Step, Affine)
        if before is None or not len(maker.op.mul) == len(maker.op.add) == 1 or not maker.op.mul[0]:
            return None
        mul, add, maker = maker.op.mul[0], maker.op.add[0], before[0]
    step, clip = maker.op, node.op
    assert isinstance(step, Step)
    assert isinstance(clip, Clip)
    ends = [None if end is None else (end - add) / mul for end in (clip.low, clip.high)]
    low, high = ends if mul.sign() > 0 else ends[::-1]
    held = _held(step, low, high)
    return None if held is None else graph.with_op(maker.name, held).without(node.name)


def _held(step: Step, low: Exact | None, high: Exact | None) -> Step | None:
    """The quantiser between two of its codes; None if an end lies between codes, or leaves only one."""
    if step.from_sign:
        return None
    type_ = step.type
    least = type_.lo if low is None or low <= type_.lo else _code(low)
    most = type_.hi if high is None or high >= type_.hi else _code(high)
    if least is None or most is None or least >= most:
        return None
    if (least, most) == (type_.lo, type_.hi):
        return step
    if type_.bipolar:
        return None
    rows = tuple(row[least - type_.lo : most - type_.lo] for row in step.rows)
    return replace(step, rows=rows, type=IntType(least, most))


def _code(end: Exact) -> int | None:
    return int(end) if math.floor(end) == end else None
