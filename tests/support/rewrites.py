"""Graphs in a row, and rewrites that must keep their meaning."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from support.exact_graphs import evaluate

from bnngen.ir.graph import Graph, Node, Op
from bnngen.ir.moves import Reshape
from bnngen.ir.step import Step
from bnngen.numbers.exact import Exact
from bnngen.passes.rewrite import Rule, verify


def chain(input_shape: tuple[int, ...], *ops: Op) -> Graph:
    """The operators in a row behind the input ``x``; their names are n0, n1, ..."""
    names = ["x", *(f"n{i}" for i in range(len(ops)))]
    nodes = tuple(Node(n, op, (s,)) for s, n, op in zip(names, names[1:], ops, strict=False))
    return Graph("x", input_shape, nodes, names[-1])


def fire(rule: Rule, graph: Graph, name: str) -> Any:
    """Applies a rule at the node of this name, where it must fire; returns the new graph, checked.

    It is no `Graph` to the type checker: tests know the classes of the operators in it.
    """
    result = rule(graph, graph[name])
    assert isinstance(result, Graph), result
    verify(result)
    return result


def same_meaning(before: Graph, after: Graph, values: Sequence[object]) -> None:
    """Checks that two graphs agree on every combination of the values."""
    assert before.input_shape == after.input_shape
    for x in _grid(int(np.prod(before.input_shape)), values):
        assert evaluate(before, list(x)) == evaluate(after, list(x)), x


def inputs_for_every_code(graph: Graph) -> list[tuple[Any, ...]]:
    """Real inputs (doubles): all combinations that make every code; all quarters, ties too, of one feature."""
    candidates = [n / 4 for n in range(-60, 61)]
    features = int(np.prod(graph.input_shape))
    if features == 1:
        return [(x,) for x in candidates]
    one_each = dict(zip(_codes_of(graph, candidates), candidates, strict=True))
    return list(_grid(features, list(one_each.values())))


def _codes_of(graph: Graph, candidates: Sequence[float]) -> list[Exact]:
    """The code that one feature's input becomes."""
    first = next(i for i, node in enumerate(graph.nodes) if isinstance(node.op, Step))
    ops = [node.op for node in graph.nodes[: first + 1] if not isinstance(node.op, Reshape)]
    return [evaluate(chain((1,), *ops), [x])[0] for x in candidates]


def _grid(features: int, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
    return itertools.product(values, repeat=features)
