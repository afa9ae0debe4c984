"""Walks the nodes of an ONNX model in order and builds the quantised graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast, get_args

import onnx
from numpy.typing import NDArray

from bnngen.base.errors import ModelError
from bnngen.base.text import joined
from bnngen.frontend.axes import ELEMENTWISE, in_file_order, read_in_any_order
from bnngen.frontend.cases import case_of
from bnngen.frontend.choices import SIGN_OF_ZERO, SignOfZero
from bnngen.frontend.chosen import input_name, node_name, sign_of_zero
from bnngen.frontend.limits import MOST_NODES, check_elements
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.readers import Reader, reader_of
from bnngen.frontend.schema import (
    LEAST_OPSET,
    MOST_OPSET,
    STANDARD,
    checked_attributes,
    standard_definition,
)
from bnngen.frontend.tensors import constant_of
from bnngen.frontend.values import Activation, Constant, Known, Value
from bnngen.ir.graph import Graph, Node, Op, Shape, channels_first, channels_last
from bnngen.ir.layers import Pooling
from bnngen.ir.moves import Move
from bnngen.numbers.datatypes import IntType

READ_WIDE = ("Transpose", "Shape", "Size", "Identity")
"""Operators that take tensors of more axes than a map has, and leave them so."""


@dataclass
class Importer:
    """What has been read so far: the meaning of each tensor name, and the nodes of the graph.

    ``batch`` is the batch size that the file's shapes carry: its number does not matter, but they mean the
    batch by it. ``sums``: of tensors that are sums, the factors and tensors that they are made of.
    """

    model: onnx.ModelProto
    values: dict[str, Value] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    batch: int = 1
    makers: dict[str, Node] = field(default_factory=dict)
    sums: dict[str, tuple[tuple[int, Activation], ...]] = field(default_factory=dict)

    @property
    def opset(self) -> int:
        """The version of ONNX's operators. Raises ModelError if the file says none, or an unknown one."""
        versions = {o.version for o in self.model.opset_import if o.domain in STANDARD}
        if len(versions) != 1 or not LEAST_OPSET <= min(versions) <= MOST_OPSET:
            found = " and ".join(map(str, sorted(versions))) or "none"
            raise ModelError(
                "opset_import",
                f"the file names version {found} of ONNX's operators; supported are {LEAST_OPSET} to "
                f"{MOST_OPSET}: convert it (onnx.version_converter) or export it again",
            )
        return int(versions.pop())

    @property
    def sign_of_zero(self) -> SignOfZero | None:
        """What a plain Sign gives at 0, where the file says it. Raises ModelError for what nobody knows."""
        said = sign_of_zero(self.model)
        if said is not None and said not in get_args(SignOfZero):
            accepted = joined(get_args(SignOfZero), "and")
            raise ModelError(SIGN_OF_ZERO, f"is '{said}' in the file's metadata; accepted are {accepted}")
        return cast(SignOfZero | None, said)

    def add(self, node: OnnxNode, op: Op, *sources: Activation, suffix: str = "") -> Activation:
        """Append ``op`` behind ``sources``. Raises ModelError if it can't take them, or makes too much."""
        name = self._free_name(node.name + suffix) if suffix else node.name
        names = tuple(source.name for source in sources)
        try:
            shape = op.output_shape([self.shapes[source] for source in names])
            check_elements(shape)
        except ValueError as error:
            raise node.error(str(error)) from None
        self.shapes[name] = shape
        self.makers[name] = Node(name, op, names)
        self.nodes.append(self.makers[name])
        made = Activation(name, (self.batch, *channels_first(shape)))
        if not isinstance(op, Move | Pooling) or any(source.holds is None for source in sources):
            return made
        held = IntType.of_all([source.holds for source in sources if source.holds is not None])
        return replace(made, holds=held, signed=all(source.signed for source in sources))

    def fold(
        self, node: OnnxNode, array: NDArray[Any], of_batch: bool | None = None, spread: bool = False
    ) -> None:
        """Give the node's output the known numbers ``array``; ``of_batch`` and ``spread`` are as in
        `Constant`, by default as its inputs have it. Raises ValueError for too many."""
        check_elements(array.shape, "a constant")
        if of_batch is None:
            of_batch, spread = self._batch_of(node)
        self.values[node.output(0)] = Constant(array, of_batch, spread)

    def know(self, node: OnnxNode, value: Known) -> None:
        """Give the node's output a known value. Raises ValueError for too many numbers."""
        of_batch, spread = self._batch_of(node)
        if isinstance(value, Constant) or of_batch or spread:
            array = value.array if isinstance(value, Constant) else value.exact().reshape(value.shape)
            self.fold(node, array, of_batch, spread)
            return
        check_elements(value.shape, "a constant")
        self.values[node.output(0)] = value

    @staticmethod
    def _batch_of(node: OnnxNode) -> tuple[bool, bool]:
        """``of_batch`` and ``spread`` of what a node makes of constants: only operators that take element for
        element leave the frames apart."""
        known = [value for value in node.inputs if isinstance(value, Constant)]
        of_batch, spread = any(v.of_batch for v in known), any(v.spread for v in known)
        apart = node.op_type in ELEMENTWISE
        return of_batch or (spread and not apart), spread and apart

    def maker(self, name: str) -> Node | None:
        """The node of the graph that makes a tensor; None if it is the network's input."""
        return self.makers.get(name)

    def run(self) -> Graph:
        """The graph of the file. Raises ModelError naming the layer that is not supported."""
        tensors, name = self._tensors(), self._output_name()
        source, input_shape = self._read_input()
        for node, called in zip(self.model.graph.node, self._node_names(), strict=True):
            self._read_node(node, called, tensors)
        output = self._end(name).name
        return Graph(source, input_shape, tuple(self.nodes), output).pruned()

    def _tensors(self) -> dict[str, onnx.TensorProto]:
        """The tensors that the file holds. Raises ModelError for two of one name, and for too many nodes."""
        graph = self.model.graph
        if len(graph.node) > MOST_NODES:
            raise ModelError(
                graph.name,
                f"the file has {len(graph.node):,} operators; at most {MOST_NODES:,} are supported",
            )
        tensors = {tensor.name: tensor for tensor in graph.initializer}
        if len(tensors) < len(graph.initializer):
            twice = Counter(tensor.name for tensor in graph.initializer).most_common(1)[0][0]
            raise ModelError(
                twice, "the file holds two tensors of this name, and tools take one or the other"
            )
        return tensors

    def _output_name(self) -> str:
        """The tensor that the network ends in. Raises ModelError if there are several."""
        outputs = self.model.graph.output
        if len(outputs) != 1:
            names = joined([f"'{value.name}'" for value in outputs], "and")
            raise ModelError(
                outputs[1].name,
                f"the network has {len(outputs)} outputs, {names}, not one: say "
                "which with --cut-at (bnngen convert MODEL --cut-at NAME --out CLEAN.onnx)",
            )
        return str(outputs[0].name)

    def _end(self, name: str) -> Activation:
        """The tensor of this name in the order of the file. Raises ModelError if it can't be an output."""
        output = self.values.get(name)
        if not isinstance(output, Activation):
            raise ModelError(name, "the output does not depend on the input")
        if output.wide:
            raise ModelError(
                name,
                f"the output has shape {output.shape}; accepted are (N, features), (N, C, L) and (N, C, "
                "H, W)",
            )
        end = OnnxNode("Transpose", self._free_name(f"{output.name}_order"), {}, (output,), ())
        return in_file_order(end, self, output)

    def _read_input(self) -> tuple[str, Shape]:
        name = input_name(self.model)
        source = next(i for i in self.model.graph.input if i.name == name)
        dims = [d.dim_value for d in source.type.tensor_type.shape.dim]
        if len(dims) not in (2, 3, 4) or any(d < 1 for d in dims[1:]):
            sizes = ", ".join(str(d) if d > 0 else "?" for d in dims)
            open_ = " whose sizes are known; export the model with fixed ones, but for the batch"
            raise ModelError(
                name,
                f"the input has shape ({sizes}), not (N, features), (N, C, L) or (N, C, H, W)"
                f"{open_ if len(dims) in (2, 3, 4) else ''}",
            )
        try:
            check_elements(tuple(dims[1:]), "frames")
        except ValueError as error:
            raise ModelError(name, f"the input {error}") from None
        self.batch = max(1, dims[0])
        self.values[name] = Activation(name, (self.batch, *dims[1:]))
        self.shapes[name] = channels_last(tuple(dims[1:]))
        return name, self.shapes[name]

    def _node_names(self) -> list[str]:
        """For each node of the file, a name that no other node and no input has."""
        self.names = set(self.shapes)
        nodes = enumerate(self.model.graph.node)
        return [self._free_name(node_name(node, index)) for index, node in nodes]

    def _free_name(self, wish: str) -> str:
        """``wish``, or ``wish_2``, ``wish_3`` ...; taken from then on."""
        name, count = wish, 1
        while name in self.names:
            count += 1
            name = f"{wish}_{count}"
        self.names.add(name)
        return name

    def _read_node(self, node: onnx.NodeProto, name: str, tensors: Mapping[str, onnx.TensorProto]) -> None:
        reader = reader_of(node, name)
        try:
            attributes = self._attributes(node, reader)
            inputs = tuple(self._value(i, name, tensors) for i in node.input)
            self._check_outputs(node, tensors)
            view = OnnxNode(node.op_type, name, attributes, inputs, tuple(node.output))
            if reader.any_axes and (node.op_type in READ_WIDE or not _wide(inputs)):
                reader.handler(view, self)
            else:
                read_in_any_order(view, reader.handler, self)
        except (ValueError, ArithmeticError, IndexError) as error:
            raise ModelError(name, f"{node.op_type} {error}") from None
        except ModelError as error:
            case = case_of(node.op_type, error.problem)
            if case is None or error.remedy:
                raise
            raise ModelError(error.layer, f"{error.problem}: {case.because}", case.instead) from None

    def _attributes(self, node: onnx.NodeProto, reader: Reader) -> dict[str, Any]:
        """Raises ValueError where the node does not fit its operator's definition."""
        return checked_attributes(node, reader.definition or standard_definition(node.op_type, self.opset))

    def _value(self, tensor: str, node: str, tensors: Mapping[str, onnx.TensorProto]) -> Value | None:
        if not tensor:
            return None
        if tensor not in self.values:
            if tensor not in tensors:
                raise ModelError(node, f"reads the tensor '{tensor}', which nothing before it makes")
            try:
                self.values[tensor] = constant_of(tensors[tensor])
            except ValueError as error:
                raise ModelError(node, f"reads the tensor '{tensor}', which {error}") from None
        return self.values[tensor]

    def _check_outputs(self, node: onnx.NodeProto, tensors: Mapping[str, onnx.TensorProto]) -> None:
        for output in node.output:
            if output and (output in self.values or output in tensors):
                raise ValueError(f"makes the tensor '{output}', which the file has already")
        if not node.output or not any(node.output):
            raise ValueError("makes no tensor")


def _wide(inputs: Sequence[Value | None]) -> bool:
    """Whether one has more axes than a map."""
    return any(isinstance(value, Activation) and value.wide for value in inputs)
