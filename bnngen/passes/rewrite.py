"""Runs the rewrites until none applies, and checks the graph after every one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bnngen.errors import ModelError
from bnngen.graph import Graph, Node
from bnngen.quantised import Affine


@dataclass(frozen=True)
class Refusal:
    """Why a rewrite that matched could not be done: the layer to blame and the reason for its user."""

    layer: str
    reason: str


Rule = Callable[[Graph, Node], Graph | Refusal | None]
"""A rewrite at one node: the new graph, None where its pattern doesn't match, or why it can't fire."""


def rewrite(graph: Graph, rules: Sequence[Rule]) -> Graph:
    """Apply ``rules`` anywhere, in the given order of preference, until none fires."""
    while (changed := _first_change(graph, rules)) is not None:
        verify(changed)
        graph = changed
    return graph


def refusals(graph: Graph, rules: Sequence[Rule]) -> list[Refusal]:
    """Every reason why a rule that matches somewhere in ``graph`` doesn't fire."""
    results = (rule(graph, node) for node in graph.nodes for rule in rules)
    return [result for result in results if isinstance(result, Refusal)]


def _first_change(graph: Graph, rules: Sequence[Rule]) -> Graph | None:
    for rule in rules:
        for node in graph.nodes:
            result = rule(graph, node)
            if isinstance(result, Graph):
                return result
    return None


def verify(graph: Graph) -> None:
    """Check that names are unique, inputs come before their readers, and shapes agree.

    Raises ModelError naming the layer; after a rewrite this means that the rewrite is wrong.
    """
    shapes = {graph.input_name: graph.input_shape}
    for node in graph.nodes:
        if node.name in shapes:
            raise ModelError(node.name, "occurs twice in the graph")
        missing = [name for name in node.inputs if name not in shapes]
        if missing:
            raise ModelError(node.name, f"reads '{missing[0]}' before it is made")
        try:
            shapes[node.name] = node.op.output_shape([shapes[name] for name in node.inputs])
        except ValueError as error:
            raise ModelError(node.name, str(error)) from error
    if graph.output not in shapes:
        raise ModelError(graph.output, "is the output, but nothing makes it")


def pair(graph: Graph, node: Node, first: Any, second: Any) -> tuple[Node, Any] | None:
    """The producer of ``node`` and its operator, if ``node`` is a ``second`` and alone reads a ``first``;
    both are classes or unions of them."""
    producer = graph.producer(node)
    if producer is None or not isinstance(node.op, second) or not isinstance(producer.op, first):
        return None
    if graph.only_consumer(producer.name) is not node:
        return None
    return producer, producer.op


def affine_for(graph: Graph, name: str) -> Node | None:
    """The Affine that makes the tensor ``name`` for one reader alone; None if there is none."""
    maker = graph.maker(name)
    if maker is None or not isinstance(maker.op, Affine) or graph.only_consumer(name) is None:
        return None
    return maker
