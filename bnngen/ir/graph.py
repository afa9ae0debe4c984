"""The graph that front ends make and passes rewrite: named nodes in topological order.

The operators come from two places. Those of ``bnngen.ops`` are exact integer layers that hardware exists
for. Those of this room still carry real scales and thresholds; the passes remove all of them.
Tensors have their channels last, and no batch axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from bnngen.base.errors import ModelError

Shape = tuple[int, ...]


def channels_last(shape: Shape) -> Shape:
    """The shape of a frame as graphs and streams have it, of its shape in a file: (C, H, W) to (H, W, C). A
    frame that is one number has one channel."""
    return (*shape[1:], shape[0]) if shape else (1,)


def channels_first(shape: Shape) -> Shape:
    """The reverse: (H, W, C) to (C, H, W)."""
    return (shape[-1], *shape[:-1])


class Op(Protocol):
    """What every operator knows about itself."""

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """The shape that the operator makes of its inputs. Raises ValueError if it can't take them."""


@dataclass(frozen=True)
class Node:
    """One layer: its name is also the name of the tensor that it makes."""

    name: str
    op: Op
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """A network with one input and one output.

    ``input_name`` names the input tensor, ``input_shape`` is its shape with the channels last. ``output``
    names the node (or the input) whose tensor leaves the network. ``file_shape`` is the shape of an input
    frame in the file, where that is not ``input_shape`` with the channels first; ``transpositions`` is how
    its elements change places on the way, as in `bnngen.ir.moves.Reshape`.
    """

    input_name: str
    input_shape: Shape
    nodes: tuple[Node, ...]
    output: str
    file_shape: Shape | None = None
    transpositions: tuple[tuple[Shape, tuple[int, ...]], ...] = ()

    @cached_property
    def _by_name(self) -> dict[str, Node]:
        return {node.name: node for node in self.nodes}

    @cached_property
    def _readers(self) -> dict[str, list[Node]]:
        readers: dict[str, list[Node]] = {node.name: [] for node in self.nodes}
        readers[self.input_name] = []
        for node in self.nodes:
            for name in node.inputs:
                found = readers.setdefault(name, [])
                if not found or found[-1] is not node:
                    found.append(node)
        return readers

    def __getitem__(self, name: str) -> Node:
        return self._by_name[name]

    def producer(self, node: Node) -> Node | None:
        """The node that makes the first input of ``node``, or None if that is the network's input."""
        return self.maker(node.inputs[0])

    def maker(self, name: str) -> Node | None:
        """The node that makes the tensor ``name``, or None if that is the network's input."""
        return self._by_name.get(name)

    def consumers(self, name: str) -> tuple[Node, ...]:
        """The nodes that read the tensor ``name``."""
        return tuple(self._readers.get(name, ()))

    def only_consumer(self, name: str) -> Node | None:
        """The one node that reads the tensor ``name``; None if several read it or it is the output."""
        readers = self._readers.get(name, ())
        return readers[0] if len(readers) == 1 and name != self.output else None

    def free_name(self, wish: str) -> str:
        """``wish``, with as many underscores behind it as make it a name that no tensor has."""
        while wish == self.input_name or wish in self._by_name:
            wish += "_"
        return wish

    def upstream(self, node: Node) -> Iterator[Node]:
        """The nodes that lead to ``node``, from its producer back to the network's input."""
        while (producer := self.producer(node)) is not None:
            yield producer
            node = producer

    def downstream(self, node: Node) -> Iterator[Node]:
        """The nodes behind ``node``, up to the output or the first branch."""
        while (reader := self.only_consumer(node.name)) is not None:
            yield reader
            node = reader

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """The shape of every tensor. Raises ModelError naming a node that can't take its inputs."""
        nodes, known = self.__dict__.pop("_before", ({}, {}))
        shapes, changed = {self.input_name: self.input_shape}, set[str]()
        for node in self.nodes:
            name = node.name
            if nodes.get(name) is node and (not changed or changed.isdisjoint(node.inputs)):
                shapes[name] = known[name]
                continue
            shapes[name] = _shape(node, shapes)
            if shapes[name] != known.get(name):
                changed.add(name)
        return shapes

    def changes(self, before: Graph) -> tuple[set[str], set[str]]:
        """The names of the nodes that ``before`` did not have as they are now, and of those that are gone."""
        old, new = before._by_name, self._by_name
        return {name for name, node in new.items() if old.get(name) is not node}, old.keys() - new.keys()

    def replaced(self, rows: Mapping[str, Sequence[Node]], output: str | None = None) -> Graph:
        """The graph with a row of nodes in the place of each node that ``rows`` names, and perhaps another
        output."""
        nodes: list[Node] = []
        for node in self.nodes:
            if node.name in rows:
                nodes.extend(rows[node.name])
            else:
                nodes.append(node)
        graph = replace(self, nodes=tuple(nodes), output=output or self.output)
        # what has not changed keeps its shape: a long chain of rewrites computes only what is new
        before = (self._by_name, self.shapes) if "shapes" in self.__dict__ else self.__dict__.get("_before")
        if before is not None:
            graph.__dict__["_before"] = before
        return graph

    def with_op(self, name: str, op: Op) -> Graph:
        """The same graph with another operator in the node ``name``."""
        return self.replaced({name: [replace(self[name], op=op)]})

    def with_input(
        self, shape: Shape, file_shape: Shape, transpositions: tuple[tuple[Shape, tuple[int, ...]], ...] = ()
    ) -> Graph:
        """The same graph with frames of another shape, channels last, and that of the file; and how its
        elements change places in between."""
        return replace(self, input_shape=shape, file_shape=file_shape, transpositions=transpositions)

    def without(self, name: str) -> Graph:
        """The graph without the node ``name``; what read its tensor reads the node's first input."""
        return self.with_source(name, self[name].inputs[0])

    def with_source(self, name: str, source: str) -> Graph:
        """The graph without the node ``name``; what read its tensor reads the tensor ``source``."""
        rows = {name: [], **self._fed(name, source)}
        return self.replaced(rows, source if self.output == name else None)

    def pruned(self) -> Graph:
        """The graph without what its output does not depend on."""
        needed = {self.output}
        for node in reversed(self.nodes):
            if node.name in needed:
                needed.update(node.inputs)
        return self.replaced({node.name: [] for node in self.nodes if node.name not in needed})

    def followed(self, name: str, behind: Node) -> Graph:
        """The graph with the node ``behind``, which reads the tensor ``name``, between it and its readers."""
        rows = {**self._fed(name, behind.name), name: [self[name], behind]}
        return self.replaced(rows, behind.name if self.output == name else None)

    def swapped(self, first: str, op_first: Op, second: str, op_second: Op) -> Graph:
        """The graph in which the neighbours ``first -> second`` have changed places.

        Each name stays with its operator: ``second`` (now ``op_second``) comes before ``first``.
        """
        moved = {
            first: [Node(second, op_second, self[first].inputs)],
            second: [Node(first, op_first, (second,))],
        }
        rows = {**self._fed(second, first), **moved}
        return self.replaced(rows, first if self.output == second else None)

    def _fed(self, name: str, source: str) -> dict[str, Sequence[Node]]:
        """The readers of the tensor ``name``, as they read ``source`` in its place."""
        return {
            node.name: [replace(node, inputs=tuple(source if i == name else i for i in node.inputs))]
            for node in self.nodes
            if name in node.inputs
        }


def _shape(node: Node, shapes: dict[str, Shape]) -> Shape:
    if node.name in shapes:
        raise ModelError(node.name, "occurs twice in the graph")
    missing = [name for name in node.inputs if name not in shapes]
    if missing:
        raise ModelError(node.name, f"reads '{missing[0]}' before it is made")
    try:
        return node.op.output_shape([shapes[name] for name in node.inputs])
    except ValueError as error:
        raise ModelError(node.name, str(error)) from error
