"""The graph that front ends make and passes rewrite: named nodes in topological order.

The operators come from two places. Those of ``bnngen.ops`` are exact integer layers that hardware exists
for. Those of ``bnngen.quantised`` still carry real scales and thresholds; the passes remove all of them.
Tensors have their channels last, and no batch axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

Shape = tuple[int, ...]


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
    names the node (or the input) whose tensor leaves the network.
    """

    input_name: str
    input_shape: Shape
    nodes: tuple[Node, ...]
    output: str

    def __getitem__(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)

    def producer(self, node: Node) -> Node | None:
        """The node that makes the first input of ``node``, or None if that is the network's input."""
        return self.maker(node.inputs[0])

    def maker(self, name: str) -> Node | None:
        """The node that makes the tensor ``name``, or None if that is the network's input."""
        return next((node for node in self.nodes if node.name == name), None)

    def consumers(self, name: str) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if name in node.inputs)

    def only_consumer(self, name: str) -> Node | None:
        """The one node that reads the tensor ``name``; None if several read it or it is the output."""
        readers = self.consumers(name)
        return readers[0] if len(readers) == 1 and name != self.output else None

    def free_name(self, wish: str) -> str:
        """``wish``, with as many underscores behind it as make it a name that no tensor has."""
        while wish == self.input_name or any(node.name == wish for node in self.nodes):
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

    def shapes(self) -> dict[str, Shape]:
        """The shape of every tensor."""
        shapes = {self.input_name: self.input_shape}
        for node in self.nodes:
            shapes[node.name] = node.op.output_shape([shapes[i] for i in node.inputs])
        return shapes

    def with_op(self, name: str, op: Op) -> Graph:
        """The same graph with another operator in the node ``name``."""
        return replace(self, nodes=tuple(replace(n, op=op) if n.name == name else n for n in self.nodes))

    def without(self, name: str) -> Graph:
        """The graph without the node ``name``; what read its tensor reads the node's first input."""
        source = self[name].inputs[0]
        nodes = tuple(
            replace(n, inputs=tuple(source if i == name else i for i in n.inputs))
            for n in self.nodes
            if n.name != name
        )
        return replace(self, nodes=nodes, output=source if self.output == name else self.output)

    def pruned(self) -> Graph:
        """The graph without what its output does not depend on."""
        needed = {self.output}
        for node in reversed(self.nodes):
            if node.name in needed:
                needed.update(node.inputs)
        return replace(self, nodes=tuple(node for node in self.nodes if node.name in needed))

    def followed(self, name: str, behind: Node) -> Graph:
        """The graph with the node ``behind``, which reads the tensor ``name``, between it and its readers."""
        nodes: list[Node] = []
        for node in self.nodes:
            if node.name == name:
                nodes += [node, behind]
            else:
                inputs = tuple(behind.name if i == name else i for i in node.inputs)
                nodes.append(replace(node, inputs=inputs))
        return replace(self, nodes=tuple(nodes), output=behind.name if self.output == name else self.output)

    def swapped(self, first: str, op_first: Op, second: str, op_second: Op) -> Graph:
        """The graph in which the neighbours ``first -> second`` have changed places.

        Each name stays with its operator: ``second`` (now ``op_second``) comes before ``first``.
        """
        source = self[first].inputs
        moved = {second: Node(second, op_second, source), first: Node(first, op_first, (second,))}
        names = {first: second, second: first}
        nodes = []
        for node in self.nodes:
            if node.name in names:
                nodes.append(moved[names[node.name]])
            else:
                inputs = tuple(first if i == second else i for i in node.inputs)
                nodes.append(replace(node, inputs=inputs))
        return replace(self, nodes=tuple(nodes), output=first if self.output == second else self.output)
