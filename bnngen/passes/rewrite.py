"""Runs the rewrites until none applies, and checks the graph after every one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bnngen.base.errors import ModelError
from bnngen.frontend.cases import case_of
from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Graph, Node


@dataclass(frozen=True)
class Refusal:
    """Why a rewrite that matched could not be done: the layer to blame and the reason for its user."""

    layer: str
    reason: str

    def error(self) -> ModelError:
        """The error that ends the import, with the remedy where there is one."""
        case = case_of(self.reason.partition(" ")[0], self.reason)
        if case is None:
            return ModelError(self.layer, self.reason)
        return ModelError(self.layer, f"{self.reason}: {case.because}", case.instead)


Rule = Callable[[Graph, Node], Graph | Refusal | None]
"""A rewrite at one node: the new graph, None where its pattern doesn't match, or why it can't fire."""


MANY = 8
"""Readers of one tensor that are looked at again only in the end."""


def rewrite(graph: Graph, rules: Sequence[Rule]) -> Graph:
    """Apply ``rules`` anywhere until none fires; at one node in the given order of preference.

    A change is followed up where it was made, so that a network of some thousand operators takes seconds.
    """
    pending = dict.fromkeys(node.name for node in graph.nodes)
    while pending:
        while pending:
            name = next(iter(pending))
            del pending[name]
            while (changed := _changed_at(graph, name, rules)) is not None:
                verify(changed)
                pending.update(dict.fromkeys(_neighborhood(graph, changed)))
                graph = changed
        # a rule may look farther than the neighbourhood
        pending = {n.name: None for n in graph.nodes if _changed_at(graph, n.name, rules) is not None}
    return graph


def _changed_at(graph: Graph, name: str, rules: Sequence[Rule]) -> Graph | None:
    node = graph.maker(name)
    if node is not None:
        for rule in rules:
            result = _applied(rule, graph, node)
            if isinstance(result, Graph):
                return result
    return None


def _applied(rule: Rule, graph: Graph, node: Node) -> Graph | Refusal | None:
    try:
        return rule(graph, node)
    except (ValueError, ArithmeticError) as error:  # numbers beyond the limits of exact arithmetic
        raise ModelError(node.name, str(error)) from None


def _neighborhood(before: Graph, after: Graph) -> set[str]:
    """The names of the nodes that are new in ``after``, and of those around them and around what is gone; of
    a tensor with many readers these don't count."""
    near, gone = after.changes(before)
    for name in gone:
        near.update(before[name].inputs)
    for _ in range(2):
        for name in list(near):
            readers = after.consumers(name)
            near.update(reader.name for reader in readers if len(readers) <= MANY)
            near.update(node.inputs if (node := after.maker(name)) else ())
    return near


def refusals(graph: Graph, rules: Sequence[Rule]) -> list[Refusal]:
    """Every reason why a rule that matches somewhere in ``graph`` doesn't fire."""
    results = (_applied(rule, graph, node) for node in graph.nodes for rule in rules)
    return [result for result in results if isinstance(result, Refusal)]


def verify(graph: Graph) -> None:
    """Check that names are unique, inputs come before their readers, and shapes agree.

    Raises ModelError naming the layer; after a rewrite this means that the rewrite is wrong.
    """
    if graph.output not in graph.shapes:
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
