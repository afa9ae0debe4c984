"""Operators on quantised tensors: those of ONNX (QLinearConv, ConvInteger ...) and of ONNX Runtime.

Each one is what its definition says: the inputs dequantised, the operator on real numbers, its result
quantised again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from onnx import AttributeProto

from bnngen.frontend.importer import Importer
from bnngen.frontend.nodes.quantize_linear import (
    Scaling,
    check_zero_type,
    checked_type,
    dequantized,
    quantized,
    read_dequantize_linear,
    read_quantize_linear,
    scaling_of,
    type_of_input,
)
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.readers import handler_of, handles
from bnngen.frontend.schema import Definition
from bnngen.frontend.values import Activation, Constant, Value
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import exact_array

MICROSOFT = ("com.microsoft",)
ZERO_FIRST = ("QLinearAdd", "QLinearMul", "QLinearAveragePool")
"""Operators that round only after the zero point is added, as ONNX Runtime's kernels were seen to do."""
INT, FLOAT, STRING, INTS = (
    AttributeProto.INT,
    AttributeProto.FLOAT,
    AttributeProto.STRING,
    AttributeProto.INTS,
)
WINDOWS = {"auto_pad": STRING, "kernel_shape": INTS, "pads": INTS, "strides": INTS, "ceil_mode": INT}
ONE = exact_array(1)
SUMS = IntType(-(1 << 31), (1 << 31) - 1)

handles("QuantizeLinear", domains=MICROSOFT, definition=Definition(3, {"axis": INT, "block_size": INT}))(
    read_quantize_linear
)
handles("DequantizeLinear", domains=MICROSOFT, definition=Definition(3, {"axis": INT, "block_size": INT}))(
    read_dequantize_linear
)


@handles("QLinearConv")
def read_qlinear_conv(node: OnnxNode, importer: Importer) -> None:
    """Conv; its bias has the product of both scales."""
    x, w = _input(node, importer, 0), _input(node, importer, 3, axis=0)
    inputs = [x, w, _bias(node, importer, 8, 1, 4)]
    _quantize(node, importer, _real(node, importer, "Conv", inputs, node.attributes), 6)


@handles("QLinearMatMul")
def read_qlinear_matmul(node: OnnxNode, importer: Importer) -> None:
    """MatMul, the scale of the weights one for all or one for each column."""
    inputs = [_input(node, importer, 0), _input(node, importer, 3, axis=-1)]
    _quantize(node, importer, _real(node, importer, "MatMul", inputs), 6)


@handles("ConvInteger")
def read_conv_integer(node: OnnxNode, importer: Importer) -> None:
    """Conv of integers without scales, to the sums themselves."""
    inputs = [_integers(node, importer, 0, 2), _integers(node, importer, 1, 3, axis=0)]
    importer.values[node.output(0)] = _sums(_real(node, importer, "Conv", inputs, node.attributes))


@handles("MatMulInteger")
def read_matmul_integer(node: OnnxNode, importer: Importer) -> None:
    """MatMul of integers without scales, to the sums themselves."""
    inputs = [_integers(node, importer, 0, 2), _integers(node, importer, 1, 3, axis=-1)]
    importer.values[node.output(0)] = _sums(_real(node, importer, "MatMul", inputs))


@handles("QGemm", domains=MICROSOFT, definition=Definition(9, {"alpha": FLOAT, "transA": INT, "transB": INT}))
def read_qgemm(node: OnnxNode, importer: Importer) -> None:
    """Gemm; without a scale for the output its real numbers."""
    axis = 0 if node.flag("transB") else 1
    if node.attributes.get("alpha", 1.0) != 1.0:
        raise node.error("is supported with alpha = 1 only; put the factor into the scale of the weights")
    inputs = [_input(node, importer, 0), _input(node, importer, 3, axis=axis), _bias(node, importer, 6, 1, 4)]
    product = _real(node, importer, "Gemm", inputs, node.attributes)
    if node.has_input(7) != node.has_input(8):
        raise node.error(
            "has a scale or a zero point of its output, but not both, which tools read differently"
        )
    if node.has_input(7):
        _quantize(node, importer, product, 7)
    else:
        importer.values[node.output(0)] = product


@handles("QLinearAdd", "QLinearMul", domains=MICROSOFT, definition=Definition(8))
def read_qlinear_sum(node: OnnxNode, importer: Importer) -> None:
    """Add or Mul."""
    inputs = [_input(node, importer, 0), _input(node, importer, 3)]
    real = _real(node, importer, node.op_type.removeprefix("QLinear"), inputs)
    _quantize(node, importer, real, 6, like=0)


@handles(
    "QLinearAveragePool",
    domains=MICROSOFT,
    definition=Definition(5, {**WINDOWS, "count_include_pad": INT, "channels_last": INT}),
)
@handles("QLinearGlobalAveragePool", domains=MICROSOFT, definition=Definition(5, {"channels_last": INT}))
@handles("QLinearLeakyRelu", domains=MICROSOFT, definition=Definition(5, {"alpha": FLOAT}))
@handles("QLinearSigmoid", domains=MICROSOFT, definition=Definition(5))
@handles("QLinearReduceMean", domains=MICROSOFT, definition=Definition(5, {"axes": INTS, "keepdims": INT}))
def read_qlinear_function(node: OnnxNode, importer: Importer) -> None:
    """A function of one tensor."""
    attributes = {k: v for k, v in node.attributes.items() if k != "channels_last"}
    if node.flag("channels_last"):
        raise node.error("works with the channels last; export it with the channels first")
    inputs: list[Value | None] = [_input(node, importer, 0)]
    if "axes" in attributes and importer.opset >= 18:
        inputs.append(Constant(np.array(attributes.pop("axes"))))
    operator = node.op_type.removeprefix("QLinear")
    _quantize(node, importer, _real(node, importer, operator, inputs, attributes), 3, like=0)


@handles("QLinearConcat", domains=MICROSOFT, definition=Definition(1 << 20, {"axis": INT}))
def read_qlinear_concat(node: OnnxNode, importer: Importer) -> None:
    """Concat, of tensors with a scale each."""
    inputs = [_input(node, importer, index) for index in range(2, len(node.inputs), 3)]
    _quantize(node, importer, _real(node, importer, "Concat", inputs, node.attributes), 0)


def _real(
    node: OnnxNode,
    importer: Importer,
    operator: str,
    inputs: Sequence[Value | None],
    attributes: Mapping[str, Any] | None = None,
) -> Value:
    """What an operator on real numbers makes of these inputs."""
    view = OnnxNode(node.op_type, node.name, attributes or {}, tuple(inputs), node.outputs)
    handler_of(operator)(view, importer)
    return importer.values.pop(node.output(0))


def _sums(product: Value) -> Value:
    """A product as the integers of 32 bits that it is."""
    return replace(product, holds=SUMS, signed=True) if isinstance(product, Activation) else product


def _input(node: OnnxNode, importer: Importer, index: int, axis: int | None = None) -> Value:
    """An input as real numbers; its scale and its zero point are the inputs behind it, one for all or, where
    there is one, one along an ``axis``."""
    value = node.input(index)
    check_zero_type(node, index + 2, value)
    scaling = scaling_of(node, index + 1, index + 2, value, axis)
    return dequantized(node, importer, value, scaling, "_dequant")


def _integers(node: OnnxNode, importer: Importer, index: int, zero: int, axis: int | None = None) -> Value:
    """An input without a scale, less its zero point."""
    value = node.input(index)
    check_zero_type(node, zero, value)
    return dequantized(node, importer, value, scaling_of(node, None, zero, value, axis), "_shifted")


def _bias(node: OnnxNode, importer: Importer, index: int, *scales: int) -> Value | None:
    """A bias of integers whose scale is the product of these."""
    if not node.has_input(index):
        return None
    value, scale = node.input(index), ONE
    for one in scales:
        scale = scale * node.constant(one, "a scale").exact().reshape(-1)
    if isinstance(value, Activation) or scale.size not in (1, *value.shape[-1:]):
        raise node.error("takes a bias of known integers, one for each output")
    return dequantized(node, importer, value, Scaling(scale, exact_array(0)))


def _quantize(node: OnnxNode, importer: Importer, value: Value, scale: int, like: int | None = None) -> None:
    """The node's output; its scale and its zero point are this input and the next. Without a zero point it is
    of the type of the input ``like``, whose own zero point is the second behind it."""
    zeros = [scale + 1] if like is None else [scale + 1, like + 2]
    given = next((zero for zero in zeros if node.has_input(zero)), None)
    if given is None:
        raise node.error("lacks a zero point, which says of what type its integers are")
    scaling = scaling_of(node, scale, scale + 1, value, axis=None)
    type_ = checked_type(node, type_of_input(node, given))
    zero_first = node.op_type in ZERO_FIRST
    importer.values[node.output(0)] = quantized(node, importer, value, scaling, type_, "_quant", zero_first)
