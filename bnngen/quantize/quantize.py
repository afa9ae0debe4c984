"""From a float ONNX graph to a QONNX one, node by node, next to the float network on the calibration data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from bnngen.base.errors import DataError, ModelError, UsageError
from bnngen.quantize.allocate import allocate
from bnngen.quantize.choices import ROUNDINGS, RULES, Choices
from bnngen.quantize.evaluate import GREATEST, evaluate, is_moderate
from bnngen.quantize.grid import Grid, over, symmetric
from bnngen.quantize.ranges import Options, Rule
from bnngen.quantize.roundings import WeightRounding
from bnngen.quantize.windows import read_by
from bnngen.reports.results import ProductRecord

PRODUCTS = ("Gemm", "MatMul", "Conv")

PRODUCER = "bnngen"
"""Who wrote a quantised model, as its file says."""
_DOMAIN = "qonnx.custom_op.general"
_KEEP_GRID = ("MaxPool", "Flatten", "Reshape", "Identity", "Dropout")
_AVERAGES = ("AveragePool", "GlobalAveragePool")


@dataclass(eq=False)
class _Walk:
    """The state of the walk: two values of each tensor, and the file in the making.

    ``exact`` are the float network's values, ``rough`` those of the quantised one. ``grids`` maps a tensor to
    its quantised one.
    """

    choices: Choices
    constants: dict[str, NDArray[Any]]
    bits: dict[str, int]
    input: str
    exact: dict[str, NDArray[Any]] = field(default_factory=dict)
    rough: dict[str, NDArray[Any]] = field(default_factory=dict)
    grids: dict[str, str] = field(default_factory=dict)
    hidden: bool = False
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    layers: list[ProductRecord] = field(default_factory=list)

    @property
    def rule(self) -> Rule:
        result: Rule = RULES[self.choices.ranges]
        return result

    def visit(self, node: onnx.NodeProto) -> None:
        """Quantise what ``node`` needs quantised, and compute both of its results."""
        made = onnx.NodeProto()
        made.CopyFrom(node)
        if node.op_type in (*PRODUCTS, *_AVERAGES):
            made.input[0] = self._on_grid(node.input[0])
        if node.op_type in PRODUCTS:
            self._quantize_weights(made)
        if node.op_type == "BatchNormalization" and self.choices.norms:
            self._measure_norm(made)
        self.nodes.append(made)
        self.exact[node.output[0]] = evaluate(node, self._values(node.input, self.exact))
        self.rough[node.output[0]] = evaluate(node, self._values(made.input, self.rough))
        if node.op_type in _KEEP_GRID and self.grids.get(node.input[0]) == node.input[0]:
            self.grids[node.output[0]] = node.output[0]
        if node.op_type in PRODUCTS:
            self._finish_product(made)

    def _values(self, names: Any, values: dict[str, NDArray[Any]]) -> list[NDArray[Any] | None]:
        """The tensors of these names; None for one that is left out."""
        known = values | self.constants
        return [known[name] if name else None for name in names]

    def constant(self, name: str, array: NDArray[Any]) -> str:
        self.constants[name] = np.asarray(array, np.float32)
        return name

    def _on_grid(self, name: str) -> str:
        """The tensor ``name`` behind a quantiser, which is made at its first use."""
        if name in self.grids:
            return self.grids[name]
        rule, choices = self.rule, self.choices
        bits = choices.act_bits if self.hidden else choices.input_bits
        values = self.rough[name]
        grid = over(*rule.activation(values, Options(bits, choices.percentile)), bits)
        result = self._add_quantizer(name, grid)
        self.rough[result] = grid.round(values)
        self.exact[result] = self.exact[name]
        self.grids[name] = self.grids[result] = result
        self.hidden = True
        return result

    def _quantize_weights(self, node: onnx.NodeProto) -> None:
        weight = self.constants[node.input[1]]
        if not is_moderate(weight):
            raise ModelError(node.name or node.op_type, f"has weights that are NaN or beyond {GREATEST:g}")
        axis = (
            1
            if node.op_type == "MatMul" or (node.op_type == "Gemm" and not _attribute(node, "transB"))
            else 0
        )
        rows = np.moveaxis(weight, axis, 0)
        found, limits = self._rounded(node, weight, rows.reshape(len(rows), -1).astype(np.float64))
        shape = [1] * weight.ndim
        shape[axis] = len(limits)
        grid = symmetric(limits.reshape(shape if len(limits) > 1 else ()), self.bits[node.input[1]])
        name = f"{node.input[1]}_{self.choices.rounding}"  # the float network keeps its own
        self.constant(name, np.moveaxis(found.reshape(rows.shape), 0, axis))
        self.bits[name] = self.bits[node.input[1]]
        node.input[1] = self._add_quantizer(name, grid)
        self.rough[node.input[1]] = grid.round(self.constants[name])

    def _rounded(
        self, node: onnx.NodeProto, weight: NDArray[Any], rows: NDArray[Any]
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """The ``rows`` (outputs, inputs) of a product's ``weight`` as the rounding has them, and the limits
        (outputs,) of their grids, or (1,) for all."""
        exact, rough = (read_by(node, values[node.input[0]], weight) for values in (self.exact, self.rough))
        rounding: WeightRounding = ROUNDINGS[self.choices.rounding]
        fitted, bits = rounding.fit(rows, exact, rough), self.bits[node.input[1]]
        grouped = fitted if self.choices.per_channel else fitted.reshape(1, -1)
        limits = self.rule.weight(grouped, Options(bits, self.choices.percentile))
        return rounding.on_grid(fitted, limits, bits, rough)

    def _add_quantizer(self, name: str, grid: Grid) -> str:
        """A Quant node behind the tensor ``name``, and its result."""
        figures = {"scale": grid.scale, "zero": grid.zero, "bits": grid.bits}
        parameters = [self.constant(f"{name}_{what}", np.asarray(value)) for what, value in figures.items()]
        result = f"{name}_quantised"
        narrow = int(grid.signed)
        attributes = {"signed": narrow, "narrow": narrow, "rounding_mode": "ROUND", "domain": _DOMAIN}
        node = helper.make_node("Quant", [name, *parameters], [result], name=f"{name}_quant", **attributes)
        self.nodes.append(node)
        return result

    def _finish_product(self, node: onnx.NodeProto) -> None:
        """Shift the product by the mean of its error, and note how large the rest of it is.

        Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", ICCV
        2019.
        """
        name = node.output[0]
        exact, rough = self.exact[name], self.rough[name]
        if self.choices.bias_correction:
            axes = (0, *range(2, exact.ndim))
            shift = (exact - rough).mean(axes, dtype=np.float64, keepdims=True)[0].astype(np.float32)
            node.output[0] = f"{name}_product"
            inputs = [node.output[0], self.constant(f"{name}_correction", shift)]
            self.nodes.append(helper.make_node("Add", inputs, [name], name=f"{node.name or name}_correction"))
            rough = self.rough[name] = rough + shift
        signal, noise = (max(np.square(v, dtype=np.float64).mean(), 1e-30) for v in (exact, exact - rough))
        sqnr = 10 * np.log10(signal / noise)
        weight = node.input[1].removesuffix("_quantised")
        figures = ProductRecord(
            name=node.name or name,
            weights=self.constants[weight].size,
            weight_bits=self.bits[weight],
            sqnr_db=float(sqnr),
        )
        self.layers.append(figures)

    def _measure_norm(self, node: onnx.NodeProto) -> None:
        """Give a batch norm the mean and the variance that its input has in the quantised network."""
        x = self.rough[node.input[0]]
        axes = (0, *range(2, x.ndim))
        node.input[3] = self.constant(f"{node.output[0]}_mean", x.mean(axes, dtype=np.float64))
        node.input[4] = self.constant(f"{node.output[0]}_var", x.var(axes, dtype=np.float64))


def quantize_model(
    model: onnx.ModelProto, x: NDArray[Any], choices: Choices
) -> tuple[onnx.ModelProto, list[ProductRecord]]:
    """The float ``model`` with Quant nodes in front of all products and on their weights.

    ``x`` (N, ...) are the samples it is calibrated on. Ranges are measured in the order of the layers,
    each on what the quantised ones in front of it give. Biases and batch norms stay in float: the importer
    folds them into integer thresholds. Raises ModelError if the model holds what is not known, DataError if
    the samples don't suit it, UsageError for a budget that is too small.
    """
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        if all(name in constants for name in node.input if name):
            constants[node.output[0]] = _folded(node, constants)
        else:
            nodes.append(node)
    source = _source(model.graph, constants)
    walk = _Walk(choices, constants, _weight_bits(nodes, constants, choices), source.name)
    walk.exact[source.name] = walk.rough[source.name] = _samples(x, source)
    for node in nodes:
        _check(node, constants)
        walk.visit(node)
    return _written(model, walk), walk.layers


def _source(graph: onnx.GraphProto, constants: dict[str, NDArray[Any]]) -> onnx.ValueInfoProto:
    """The graph's only input."""
    inputs = [value for value in graph.input if value.name not in constants]
    if len(inputs) != 1:
        raise UsageError(f"the model has {len(inputs)} inputs; accepted are networks of one")
    return inputs[0]


def _samples(x: NDArray[Any], source: onnx.ValueInfoProto) -> NDArray[np.float32]:
    """``x`` as the float network takes it."""
    axes = [d.dim_value or None for d in source.type.tensor_type.shape.dim][1:]
    known = [n or m for n, m in zip(axes, x.shape[1:], strict=False)]
    if axes and (len(axes) != x.ndim - 1 or known != list(x.shape[1:])):
        takes = ", ".join(str(n or "?") for n in axes)
        raise DataError(f"x has shape {x.shape}, but the model takes (N, {takes})")
    if not is_moderate(x):
        raise DataError(f"x holds NaN or numbers beyond {GREATEST:g}, which float32 can't square")
    return np.asarray(x, np.float32)


def _folded(node: onnx.NodeProto, constants: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """The value of a node of constants alone, as exporters leave them in front of weights."""
    inputs = {name: constants[name] for name in node.input if name}
    value: NDArray[Any] = ReferenceEvaluator(node).run(None, inputs)[0]
    return value


def _weight_bits(
    nodes: list[onnx.NodeProto], constants: dict[str, NDArray[Any]], choices: Choices
) -> dict[str, int]:
    """The bits of each product's weights."""
    names = [n.input[1] for n in nodes if n.op_type in PRODUCTS and n.input[1] in constants]
    if not names:
        raise UsageError(
            "the model has no Gemm, MatMul or Conv with constant weights, so nothing to quantise"
        )
    if choices.budget is None:
        return dict.fromkeys(names, choices.weight_bits)
    return dict(zip(names, allocate([constants[name].size for name in names], choices.budget), strict=True))


def _check(node: onnx.NodeProto, constants: dict[str, NDArray[Any]]) -> None:
    """Raises ModelError for a node of several computed tensors, and for one that is quantised already."""
    layer = node.name or node.op_type
    if "Quant" in node.op_type or node.op_type == "MultiThreshold":
        raise ModelError(layer, "is a quantiser already; post-training quantization takes networks in float")
    computed = [name for name in node.input if name and name not in constants]
    if len(computed) > 1:
        raise ModelError(
            layer,
            f"is a {node.op_type} of two computed tensors; post-training quantization takes chains of layers",
        )
    if node.op_type in PRODUCTS and node.input[1] not in constants:
        raise ModelError(layer, f"is a {node.op_type} whose weights are computed; they must be constant")


def _attribute(node: onnx.NodeProto, name: str) -> Any:
    return next((helper.get_attribute_value(a) for a in node.attribute if a.name == name), None)


def _written(model: onnx.ModelProto, walk: _Walk) -> onnx.ModelProto:
    """A model with the inputs and outputs of ``model`` and the nodes of the walk."""
    used = {name for node in walk.nodes for name in node.input}
    tensors = [numpy_helper.from_array(a, name) for name, a in walk.constants.items() if name in used]
    inputs = [value for value in model.graph.input if value.name == walk.input]
    graph = helper.make_graph(walk.nodes, model.graph.name or "network", inputs, model.graph.output, tensors)
    opsets = [*model.opset_import, helper.make_opsetid(_DOMAIN, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=model.ir_version, producer_name=PRODUCER)
