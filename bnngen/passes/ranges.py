"""Between which numbers a tensor stays, as far as what makes it says so."""

from __future__ import annotations

from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Graph, Node
from bnngen.ir.layers import Pooling
from bnngen.ir.monotone import Monotone
from bnngen.ir.moves import ChannelSlice, Reshape, Upsampling
from bnngen.ir.step import Step
from bnngen.numbers.exact import Exact

Range = tuple[Exact | None, Exact | None]
"""The least and the greatest number; None where there is none."""
OPEN: Range = (None, None)


def range_of(graph: Graph, name: str) -> Range:
    """The range of a tensor, as far as what makes it says so."""
    node, chain = graph.maker(name), list[Node]()
    while node is not None and isinstance(
        node.op, Affine | Monotone | Pooling | ChannelSlice | Upsampling | Reshape
    ):
        chain.append(node)
        node = graph.producer(node)
    low, high = OPEN
    if node is not None and isinstance(node.op, Step):
        low, high = Exact.of(node.op.type.lo), Exact.of(node.op.type.hi)
    for link in reversed(chain):
        if isinstance(link.op, Affine):
            low, high = _through_affine(link.op, low, high)
        elif isinstance(link.op, Monotone):
            low, high = link.op.reach(low, high)
    return low, high


def _through_affine(affine: Affine, low: Exact | None, high: Exact | None) -> Range:
    pairs = [
        (affine.mul[c % len(affine.mul)], affine.add[c % len(affine.add)])
        for c in range(max(len(affine.mul), len(affine.add)))
    ]
    ends = [[_image(m, a, end) for end in ((low, high) if m.sign() >= 0 else (high, low))] for m, a in pairs]
    lows, highs = ([pair[i] for pair in ends] for i in (0, 1))
    least = [v for v in lows if v is not None]
    most = [v for v in highs if v is not None]
    return (
        min(least) if len(least) == len(lows) else None,
        max(most) if len(most) == len(highs) else None,
    )


def _image(m: Exact, a: Exact, end: Exact | None) -> Exact | None:
    if not m:
        return a
    return None if end is None else m * end + a
