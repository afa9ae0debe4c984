"""Reads a whole model file although some of it can't be read: everything that is in the way, at once.

A node that is refused is noted, and its outputs become fresh real tensors, as if the network began there; so
what stands behind it is judged too. What reads a tensor of which not even the shape is known is not reached:
that is a consequence, and no fault of its own.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import onnx

from bnngen.base.errors import ModelError
from bnngen.frontend.importer import Importer
from bnngen.frontend.limits import check_elements
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.readers import reader_of
from bnngen.frontend.shape_guess import file_shapes, inferred_shapes, is_frame, type_shape
from bnngen.frontend.values import Activation, OnnxShape, Value
from bnngen.ir.graph import Graph, Node, Op, Shape, channels_last
from bnngen.ir.unread import Unread

SECONDS = 10.0
"""For about so long a file is read; what is behind that is not reached."""
Tensors = Mapping[str, onnx.TensorProto]
State = Literal["read", "constant", "refused", "not reached"]


@dataclass(frozen=True)
class FileLayer:
    """A node of the file: its name, its operator, the ``shape`` of its first output in the file if that is
    known, and what became of it."""

    name: str
    operator: str
    shape: OnnxShape | None
    state: State


class _Missing(NamedTuple):
    """A tensor that has no value: its shape, if that is known, and whether it depends on the input."""

    shape: OnnxShape | None
    computed: bool


@dataclass
class Survey(Importer):
    """An importer that goes on: see `graph`.

    ``problems`` are all that it met, ``layers`` the file's nodes in order, and ``origins`` says which of
    them the nodes of the graph come from.
    """

    problems: list[ModelError] = field(default_factory=list)
    layers: list[FileLayer] = field(default_factory=list)
    origins: dict[str, str] = field(default_factory=dict)
    _missing: dict[str, _Missing] = field(default_factory=dict)
    _file_shapes: dict[str, OnnxShape] = field(default_factory=dict)
    _source: str = ""
    _loose: list[str] = field(default_factory=list)

    def run(self) -> Graph:
        """What could be read, with `Unread` nodes in the place of the rest. Raises ModelError where the file
        as a whole is refused."""
        graph, tensors, _ = self.model.graph, self._tensors(), self.opset
        self._file_shapes = file_shapes(graph)
        self._source, input_shape = self._survey_input(tensors)
        end = time.monotonic() + SECONDS
        for node, name in zip(graph.node, self._node_names(), strict=True):
            self._survey_node(node, name, tensors, late=time.monotonic() > end)
        output = self._survey_output()
        return Graph(self._source, input_shape, tuple(self.nodes), output).pruned()

    def add(self, node: OnnxNode, op: Op, *sources: Activation, suffix: str = "") -> Activation:
        """See `Importer`; notes where the new node comes from."""
        made = super().add(node, op, *sources, suffix=suffix)
        self.origins[made.name] = node.name
        return made

    def _survey_input(self, tensors: Tensors) -> tuple[str, Shape]:
        """The input; where its shape is of no use, an artificial one, behind which all begins afresh."""
        try:
            return self._read_input()
        except ModelError as error:
            self.problems.append(error)
        self.names = {entry.name for entry in self.model.graph.input}
        self._source = self._free_name("input")
        self.shapes[self._source] = (1,)
        for entry in self.model.graph.input:
            if entry.name not in tensors and entry.name not in self.values:
                self._begin(entry.name, entry.name, type_shape(entry.type), [])
        return self._source, (1,)

    def _survey_node(self, node: onnx.NodeProto, name: str, tensors: Tensors, late: bool) -> None:
        count, before = len(self.nodes), len(self.problems)
        new = [o for o in node.output if o and o not in tensors and not self._known(o, tensors)]
        reached = not late and not any(tensor in self._missing for tensor in node.input)
        try:
            if reached:
                self._read_node(node, name, tensors)
            elif not late:
                self._check_form(node, name)
        except ModelError as error:
            self.problems.append(error)
        refused = len(self.problems) > before
        if refused or not reached:
            for half_made in self.nodes[count:]:
                del self.shapes[half_made.name], self.makers[half_made.name]
            del self.nodes[count:]
            self._go_on(node, name, tensors, new)
        self._list(node, name, "refused" if refused else "read" if reached else "not reached")

    def _check_form(self, node: onnx.NodeProto, name: str) -> None:
        """Whether there is a reader for the node, and its attributes are those of its operator."""
        reader = reader_of(node, name)
        try:
            self._attributes(node, reader)
        except ValueError as error:
            raise ModelError(name, f"{node.op_type} {error}") from None

    def _go_on(self, node: onnx.NodeProto, name: str, tensors: Tensors, outputs: Sequence[str]) -> None:
        """Give the ``outputs`` of a node that was not read what is known of them: a shape."""
        values = [self._known(tensor, tensors) for tensor in node.input]
        sources = list(dict.fromkeys(v.name for v in values if isinstance(v, Activation)))
        computed = bool(sources) or any(isinstance(v, _Missing) and v.computed for v in values)
        inputs = [v.shape if isinstance(v, _Missing) else v for v in values]
        shapes = inferred_shapes(node, inputs, self.opset)
        begun = [
            self._begin(output, name, self._file_shapes.get(output) or shapes.get(output), sources, computed)
            for output in outputs
        ]
        if sources and not any(begun):  # what leads here is judged nevertheless
            self._add_unread(name, (1,), sources)
            self._loose.append(self.nodes[-1].name)

    def _known(self, tensor: str, tensors: Tensors) -> Value | _Missing | None:
        if tensor in self.values or tensor in self._missing:
            return self.values.get(tensor) or self._missing[tensor]
        return _Missing(tuple(tensors[tensor].dims), False) if tensor in tensors else None

    def _begin(
        self, tensor: str, name: str, shape: OnnxShape | None, sources: list[str], computed: bool = True
    ) -> bool:
        """Let the tensor be a fresh one. Returns whether that is possible: its shape must be known."""
        if computed and shape is not None and is_frame(shape) and self._fits(shape):
            made = self._add_unread(name, channels_last(shape[1:]), sources)
            self.values[tensor] = Activation(made, shape)
            return True
        self.values.pop(tensor, None)
        self._missing[tensor] = _Missing(shape, computed)
        return False

    @staticmethod
    def _fits(shape: OnnxShape) -> bool:
        try:
            check_elements(shape[1:])
        except ValueError:
            return False
        return True

    def _add_unread(self, name: str, shape: Shape, sources: list[str]) -> str:
        """A node in the place of one that was not read; returns its name."""
        made = name if name not in self.shapes else self._free_name(name)
        self.makers[made] = Node(made, Unread(shape), tuple(sources) or (self._source,))
        self.nodes.append(self.makers[made])
        self.shapes[made], self.origins[made] = shape, name
        return made

    def _survey_output(self) -> str:
        """The tensor that the network ends in; if there are several ends, a node behind all of them."""
        outputs = [entry.name for entry in self.model.graph.output]
        try:
            self._output_name()
        except ModelError as error:
            self.problems.append(error)
        ends = list(self._loose)
        for name in outputs:
            try:
                if name not in self._missing:
                    ends.append(self._end(name).name)
            except ModelError as error:
                self.problems.append(error)
        if len(ends) == 1:
            return ends[0]
        return self._add_unread(self._free_name("output"), (1,), list(dict.fromkeys(ends)))

    def _list(self, node: onnx.NodeProto, name: str, state: State) -> None:
        output = next(filter(None, node.output), "")
        value = self.values.get(output) or self._missing.get(output)
        known = state == "read" and not isinstance(value, Activation)
        self.layers.append(
            FileLayer(name, node.op_type, value.shape if value else None, "constant" if known else state)
        )
