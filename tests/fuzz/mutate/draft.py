"""A model file that is being changed, and what every change needs to know about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

import numpy as np
import onnx
from onnx import helper, numpy_helper

MOST_ELEMENTS = 1 << 14
"""Of a tensor that is made or changed: larger ones take long to read."""
Shape = tuple[int, ...]
Insertion = tuple[str, list[Any], dict[str, Any]]
"""A node to be put in between: its operator, its inputs (None is what flows) and its attributes."""
Mutator = Callable[["Draft"], None]
_T = TypeVar("_T")


class SkipError(Exception):
    """A change that does not apply to this file."""


@dataclass
class Draft:
    """A model, the chance that changes it, the shapes that its tensors had when they were made (batch first), and
    whether it was changed before."""

    model: onnx.ModelProto
    random: Random
    shapes: dict[str, Shape]
    changed: bool = False

    @property
    def graph(self) -> onnx.GraphProto:
        return self.model.graph

    def pick(self, options: Iterable[_T]) -> _T:
        """One of the ``options``; a change that has none does not apply."""
        found = list(options)
        if not found:
            raise SkipError
        return self.random.choice(found)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def node(self) -> onnx.NodeProto:
        return self.pick(self.graph.node)

    def fresh(self, name: str) -> str:
        """A name that no tensor has."""
        taken = self.tensors()
        return next(n for n in (f"{name}_{k}" for k in range(len(taken) + 1)) if n not in taken)

    def tensors(self) -> set[str]:
        made = {name for node in self.graph.node for name in (*node.input, *node.output)}
        return made | {i.name for i in self.graph.initializer} | {i.name for i in self.graph.input}

    def constant(self, values: Any, dtype: Any = np.float32) -> str:
        """The name of a new initializer; a change that needs a large one does not apply."""
        array = np.asarray(values, dtype)
        if array.size > MOST_ELEMENTS:
            raise SkipError
        name = self.fresh("made")
        self.graph.initializer.append(numpy_helper.from_array(array, name))
        return name

    def initializer(self, name: str) -> onnx.TensorProto | None:
        return next((i for i in self.graph.initializer if i.name == name), None)

    @property
    def input(self) -> onnx.ValueInfoProto:
        known = {i.name for i in self.graph.initializer}
        return self.pick(i for i in self.graph.input if i.name not in known)

    def computed(self) -> set[str]:
        """The tensors that depend on the input."""
        known = {i.name for i in self.graph.initializer}
        found = {i.name for i in self.graph.input} - known
        for node in self.graph.node:
            if found.intersection(node.input):
                found.update(node.output)
        return found

    def edge(self) -> tuple[int, int]:
        """A computed tensor on its way into a node: the numbers of the node and of its input."""
        computed = self.computed()
        nodes = enumerate(self.graph.node)
        return self.pick((n, k) for n, node in nodes for k, name in enumerate(node.input) if name in computed)

    def place(self, at_the_end: float) -> tuple[int, int]:
        """An edge, or, with this share, what is behind the last node: the number after its own, and 0."""
        return (len(self.graph.node), 0) if self.graph.output and self.chance(at_the_end) else self.edge()

    def at(self, place: tuple[int, int]) -> str:
        """The tensor that flows there."""
        number, index = place
        nodes = self.graph.node
        return str(nodes[number].input[index] if number < len(nodes) else self.graph.output[0].name)

    def _lead(self, place: tuple[int, int], name: str) -> None:
        """Lets another tensor flow there."""
        number, index = place
        if number < len(self.graph.node):
            self.graph.node[number].input[index] = name
        else:
            self.graph.output[0].name = name

    def parameter(self) -> tuple[onnx.NodeProto, int, onnx.TensorProto]:
        """An initializer that a node reads: the node, the number of its input, and the tensor."""
        tensors = {i.name: i for i in self.graph.initializer}
        return self.pick(
            (node, k, tensors[name])
            for node in self.graph.node
            for k, name in enumerate(node.input)
            if name in tensors
        )

    def own(self, node: onnx.NodeProto, index: int, array: np.ndarray) -> None:
        """Lets ``array`` be an input of ``node``, and of no other."""
        name = self.fresh(node.input[index])
        self.graph.initializer.append(numpy_helper.from_array(array, name))
        node.input[index] = name

    def insert(self, at: tuple[int, int], *steps: Insertion, domain: str = "") -> None:
        """Puts nodes in a row at a place."""
        first = flowing = self.at(at)
        made: list[onnx.NodeProto] = []
        for op, inputs, attributes in steps:
            out = self.fresh(f"{op}_out{len(made)}")
            names = [flowing if i is None else i for i in inputs]
            made.append(helper.make_node(op, names, [out], name=out, domain=domain, **attributes))
            flowing = out
        self._lead(at, flowing)
        if first in self.shapes:
            self.shapes.setdefault(flowing, self.shapes[first])
        nodes = list(self.graph.node)
        self.replace_nodes([*nodes[: at[0]], *made, *nodes[at[0] :]])

    def replace_nodes(self, nodes: list[onnx.NodeProto]) -> None:
        kept = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
        del self.graph.node[:]
        self.graph.node.extend(kept)

    def shape(self, name: str) -> Shape:
        """What a tensor's shape was; a change that needs one that is not known does not apply."""
        if name not in self.shapes:
            raise SkipError
        return self.shapes[name]


GENTLE = (0.0, 1.0, -1.0, 0.5, -0.5, 2.0, 0.25, 3.0, -4.0, 0.1, 1.5, 0.0625)
HARSH = (1e-3, 1e5, 1e-38, 1e-45, 3e38, -0.0, 16777217.0, 1e-20, 1e20, float("inf"), float("nan"), -1e30)


def number(draft: Draft) -> float:
    """Mostly one that a network could have."""
    return draft.pick(GENTLE) if draft.chance(0.8) else draft.pick(HARSH)


MUTATORS: dict[str, tuple[Mutator, float]] = {}
"""Every change by its name, and how often it is taken."""


def mutator(weight: float) -> Callable[[Mutator], Mutator]:
    """Registers a change of a model file; raises SkipError where it does not apply."""

    def register(change: Mutator) -> Mutator:
        MUTATORS[change.__name__] = change, weight
        return change

    return register
