"""Pad(p) -> Convolution(W, pad)   =>   Convolution(W, wider pad)    (equal numbers, or none before)
Pad(p) -> Step(t)               =>   Step(t) -> Pad(code of p)    (one code in all channels)

A Pad is a depthwise convolution with one tap of weight 1 and nothing but padding. What is left of them in
the end is built like one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bnngen.ir.graph import Graph, Node
from bnngen.ir.layers import Convolution
from bnngen.ir.step import Step
from bnngen.numbers.exact import Exact
from bnngen.passes.rewrite import pair


def pad_into_convolution(graph: Graph, node: Node) -> Graph | None:
    """Pad -> Convolution   =>   Convolution."""
    match = pair(graph, node, Convolution, Convolution)
    if match is None or not is_pad(match[1]):
        return None
    first, pad, product = *match, node.op
    assert isinstance(product, Convolution)
    window = product.window
    if window.padded and product.pad != pad.pad:
        return None
    sums = (
        tuple(map(sum, zip(a, b, strict=True)))
        for a, b in ((window.before, pad.window.before), (window.after, pad.window.after))
    )
    before, after = sums
    wider = replace(product, window=replace(window, before=before, after=after), pad=pad.pad)
    return graph.with_op(node.name, wider).without(first.name)


def pad_behind_step(graph: Graph, node: Node) -> Graph | None:
    """Pad -> Step   =>   Step -> Pad."""
    match = pair(graph, node, Convolution, Step)
    if match is None or not is_pad(match[1]):
        return None
    first, pad = match
    step = node.op
    assert isinstance(step, Step)
    codes = {_code(step, row, pad.pad) for row in range(len(step.rows))}
    if len(codes) > 1:
        return None
    return graph.swapped(first.name, replace(pad, pad=Exact.of(codes.pop())), node.name, step)


def _code(step: Step, row: int, x: Exact) -> int:
    passed = sum(bound.passed(x, step.falling[row]) for bound in step.rows[row])
    return step.type.lo + step.step * passed


def is_pad(op: Convolution) -> bool:
    """Whether a convolution does nothing but add padding."""
    window = op.window
    plain = set(window.kernel) == set(window.strides) == {1} and window.padded
    return plain and op.depthwise and len(op.weights) == op.channels and bool(np.all(op.weights == 1))
