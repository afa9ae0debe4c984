"""Affine(m, a) -> MaxPool   =>   MaxPool' -> Affine(m, a)
MaxPool -> f              =>   f -> MaxPool    (f: a Clip, or what else never falls)
MaxPool -> Step(t)        =>   Step(t) -> MaxPool'
Step(t) -> MaxPool        =>   Step(t) -> MaxPool'   (some rows without thresholds)

What rises keeps the order, so the greatest stays the greatest. What falls turns it round: in channels with
m < 0, and in falling rows, MaxPool' takes the least where MaxPool takes the greatest. So every pool ends up
on integer codes or sums. Rows without thresholds have one code, and of equals the least is the greatest.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Graph, Node
from bnngen.ir.layers import Pooling
from bnngen.ir.monotone import Monotone
from bnngen.ir.step import Step, decides
from bnngen.passes.rewrite import pair


def max_pool_before_affine(graph: Graph, node: Node) -> Graph | None:
    """Affine -> MaxPool   =>   MaxPool -> Affine."""
    match = pair(graph, node, Affine, Pooling)
    if match is None:
        return None
    affine, op = match
    pool = _turned(node.op, tuple(m.sign() < 0 for m in op.mul))
    return graph.swapped(affine.name, op, node.name, pool)


def max_pool_behind_monotone(graph: Graph, node: Node) -> Graph | None:
    """MaxPool -> f   =>   f -> MaxPool."""
    match = pair(graph, node, Pooling, Monotone)
    return graph.swapped(match[0].name, match[1], node.name, node.op) if match else None


def max_pool_behind_step(graph: Graph, node: Node) -> Graph | None:
    """MaxPool -> Step   =>   Step -> MaxPool."""
    match = pair(graph, node, Pooling, Step)
    if match is None:
        return None
    step = node.op
    assert isinstance(step, Step)
    return graph.swapped(match[0].name, _turned(match[1], step.falling), node.name, step)


def max_pool_of_constants(graph: Graph, node: Node) -> Graph | None:
    """A pool that sees nothing but equal codes takes the greatest."""
    if not isinstance(node.op, Pooling) or (source := _step_before(graph, node)) is None:
        return None
    pool, step = node.op, source.op
    assert isinstance(step, Step)
    channels = max(len(pool.least), len(step.rows))
    varies = [decides(row) for row in step.rows]
    least = np.resize(pool.least, channels) & np.resize(varies, channels)
    if least.sum() == np.resize(pool.least, channels).sum():
        return None
    return graph.with_op(node.name, replace(pool, least=tuple(least.tolist())))


def _step_before(graph: Graph, node: Node) -> Node | None:
    """The Step whose codes ``node`` alone reads, straight or through pools."""
    while (producer := graph.producer(node)) is not None and graph.only_consumer(producer.name) is node:
        if isinstance(producer.op, Step):
            return producer
        if not isinstance(producer.op, Pooling):
            return None
        node = producer
    return None


def _turned(pool: object, turns: tuple[bool, ...]) -> Pooling:
    """The pool with the sense of some channels turned round."""
    assert isinstance(pool, Pooling)
    channels = max(len(pool.least), len(turns))
    least = np.resize(pool.least, channels) != np.resize(turns, channels)
    return replace(pool, least=tuple(least.tolist()))
