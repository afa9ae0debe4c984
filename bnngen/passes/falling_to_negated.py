"""Linear(W) -> Step(t), falling rows   =>   Linear(W') -> Step(t'), rising   (Convolution likewise)

W x <= t is (-W) x >= -t: the row's weights and thresholds change sign, so that hardware only ever compares
with >=. It needs weights whose type holds their negatives; {0, 1} weights keep the falling row.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Graph, Node
from bnngen.ir.ladder import Ladder
from bnngen.ir.layers import Product
from bnngen.ir.step import Bound, Row, Step
from bnngen.numbers.datatypes import IntType
from bnngen.passes.rewrite import pair


def falling_to_negated(graph: Graph, node: Node) -> Graph | None:
    """The rewrite above, at ``node``."""
    match = pair(graph, node, Product, Step)
    if match is None:
        return None
    producer, product = match
    step = node.op
    assert isinstance(step, Step)
    if not any(step.turns) or not _symmetric(product.weights) or _changes_later(graph, node):
        return None
    rows = len(product.weights)
    falls = np.resize(np.array(step.turns), rows)
    levels = tuple(_negated(step.rows[r % len(step.rows)], falls[r]) for r in range(rows))
    rising = replace(step, rows=levels, falling=(False,) * rows)
    weights = np.where(falls[:, None], -product.weights, product.weights)
    return graph.with_op(node.name, rising).with_op(producer.name, replace(product, weights=weights))


def _changes_later(graph: Graph, node: Node) -> bool:
    """Whether another step or affine will still be merged into this step, and may turn its rows again."""
    since_step = itertools.takewhile(lambda n: not isinstance(n.op, Step), graph.upstream(node))
    until_weights = itertools.takewhile(lambda n: not isinstance(n.op, Product), graph.downstream(node))
    return any(isinstance(n.op, Affine) for n in since_step) or any(
        isinstance(n.op, Step) for n in until_weights
    )


def _negated(row: Row, falls: bool) -> Row:
    if not falls:
        return row
    if isinstance(row, Ladder):
        return row.negated()
    return tuple(b if b.value is None else Bound(-b.value, b.strict) for b in row)


def _symmetric(weights: np.ndarray) -> bool:
    """Whether any rows can change sign without needing more bits."""
    both = IntType.of_values(np.concatenate([weights, -weights]))
    return both.bits <= IntType.of_values(weights).bits
