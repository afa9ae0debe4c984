"""What keeps a rewritten graph from being an integer network: every fault, not only the first.

As `bnngen.passes.integerize`, but a layer at fault is passed over, and so is what only follows from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bnngen.base.errors import ModelError
from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Graph, Node
from bnngen.ir.moves import Reshape
from bnngen.ir.step import Step
from bnngen.ir.unread import Unread
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.ops.lowering import has_layer
from bnngen.passes.ends import host_of, input_quantizer
from bnngen.passes.integerize import (
    CLASS_LAST,
    integers_of,
    layer_of,
    reader_of_input,
    reordered,
    tail_of,
)

Types = dict[str, IntType | None]
"""What tensors of integers hold; None where that is not known, for it follows from a fault."""


def faults(graph: Graph, refused: frozenset[str]) -> list[ModelError]:
    """Everything in the way, layer by layer; nodes whose names are in ``refused`` are at fault already."""
    return list(_Faults(graph, refused))


class _Faults:
    """One walk along the graph."""

    def __init__(self, graph: Graph, refused: frozenset[str]) -> None:
        self._graph, self._refused = graph, refused
        self._types: Types = {}
        self._classes: set[str] = set()
        self._blamed: set[str] = set()

    def __iter__(self) -> Iterator[ModelError]:
        yield from self._input()
        for node in self._graph.nodes:
            if node.name not in self._types:
                yield from self._node(node)
        yield from self._end()

    def _input(self) -> Iterator[ModelError]:
        name = self._graph.input_name
        readers = [n for n in self._graph.consumers(name) if not isinstance(n.op, Unread)]
        if len(readers) > 1:
            yield from _raised(reader_of_input, self._graph)
        for reader in readers:
            self._types[reader.name] = _codes(reader)
            if len(readers) == 1 and reader.name not in self._refused:
                yield from _raised(input_quantizer, reader)

    def _node(self, node: Node) -> Iterator[ModelError]:
        if isinstance(node.op, Unread) or node.name in self._refused:
            self._types[node.name] = None
        elif isinstance(node.op, Reshape):
            self._reshape(node, node.inputs[0])
        elif has_layer(node.op):
            yield from self._layer(node)

    def _reshape(self, node: Node, source: str) -> None:
        if source in self._types:
            type_ = self._types[source]
            if reordered(self._graph, node, type_ or BIPOLAR) is not None:
                self._types[node.name] = type_

    def _layer(self, node: Node) -> Iterator[ModelError]:
        for name in node.inputs:
            if name not in self._types:
                yield from self._real(name)
            elif name in self._classes:
                yield ModelError(node.name, CLASS_LAST)
        types = [self._types[name] for name in node.inputs]
        if all(types):
            shapes = [self._graph.shapes[name] for name in node.inputs]
            try:
                layer, taken = layer_of(self._graph, node, [t for t in types if t], shapes)
            except ModelError as error:
                yield error
            else:
                self._classes.update({node.name} if layer.op.gives_class else ())
                self._types[node.name] = layer.op.output_type
                if taken is not None:
                    self._types[taken.name] = layer.op.output_type
                return
        self._types[node.name] = _codes(node)

    def _real(self, name: str) -> Iterator[ModelError]:
        """A real tensor where integers are needed: a fault of what makes it, if it is not one's before it."""
        self._types[name] = None
        node = self._graph[name]
        if isinstance(node.op, Affine) and any(
            n.name in self._refused or isinstance(n.op, Unread) for n in self._graph.upstream(node)
        ):
            return
        yield from _raised(integers_of, self._graph, name, {})

    def _end(self) -> Iterator[ModelError]:
        tail = tail_of(self._graph, {*self._types, self._graph.input_name})
        first = tail[0].inputs[0] if tail else self._graph.output
        if first in self._classes and (behind := [n for n in tail if not isinstance(n.op, Reshape)]):
            yield ModelError(behind[0].name, CLASS_LAST)
        elif not self._refused.isdisjoint(n.name for n in tail):
            return
        else:
            yield from _raised(host_of, self._graph, tail)


def _codes(node: Node) -> IntType | None:
    """What a quantiser makes of whatever comes; whether a plain Sign makes 0 of it is not known."""
    return node.op.type if isinstance(node.op, Step) and not node.op.from_sign else None


def _raised(check: Callable[..., Any], *arguments: Any) -> Iterator[ModelError]:
    try:
        check(*arguments)
    except ModelError as error:
        yield error
