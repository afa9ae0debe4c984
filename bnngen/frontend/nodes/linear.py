"""Gemm and MatMul: integer weights, whatever scales them goes behind the product."""

from __future__ import annotations

from bnngen.frontend.axes import with_channels
from bnngen.frontend.importer import Importer
from bnngen.frontend.nodes.weights import integer_weights
from bnngen.frontend.onnx_node import OnnxNode, channel_parameters
from bnngen.frontend.readers import handles
from bnngen.frontend.values import Activation
from bnngen.ir.elementwise import Affine
from bnngen.ir.layers import Convolution, Linear
from bnngen.ir.window import Window
from bnngen.numbers.exact import Exact, ExactArray, exact_array


@handles("MatMul", any_axes=True)
def read_matmul(node: OnnxNode, importer: Importer) -> None:
    """A product with constant weights along the last axis: of a sequence or a map, at each position."""
    if not isinstance(node.input(0), Activation):
        raise node.error("takes a computed tensor on its left and weights on its right")
    importer.values[node.output(0)] = _linear(node, importer, transposed=False)


@handles("Gemm")
def read_gemm(node: OnnxNode, importer: Importer) -> None:
    """y = alpha * A * B + beta * C, with B transposed on demand."""
    if node.flag("transA"):
        raise node.error("with transA = 1 would mix the frames of a batch")
    alpha, beta = (Exact.of(node.attributes.get(k, 1.0)) for k in ("alpha", "beta"))
    product = _linear(node, importer, transposed=node.flag("transB"))
    add = exact_array(0)
    if node.has_input(2):
        bias = node.constant(2, "its bias").exact()
        add = channel_parameters(node, bias.reshape(node.input(2).shape), product) * beta
    if alpha != 1 or any(add):
        product = importer.add(node, Affine(exact_array(alpha), add), product, suffix="_bias")
    importer.values[node.output(0)] = product


def _linear(node: OnnxNode, importer: Importer, transposed: bool) -> Activation:
    """The product with integer weights, and behind it their scale if that isn't 1."""
    value = node.activation()
    last = len(value.shape) - 1
    if last != 1 and (last not in (2, 3) or node.op_type != "MatMul"):
        raise node.error(f"takes a tensor of shape (N, features), not {value.shape}; flatten it first")
    if value.holds is not None:
        raise node.error("multiplies in a type of whole numbers, which may overflow; cast to float first")
    weights, scale = integer_weights(node, axis=0 if transposed else 1)
    if weights.ndim != 2:
        raise node.error(f"takes weights of two axes, not of shape {weights.shape}")
    weights = weights if transposed else weights.T
    if last == 1:
        product = importer.add(node, Linear(weights), value)
    else:
        value = with_channels(node, importer, value, last)
        product = importer.add(node, Convolution(weights, Window.plain((1,) * (last - 1))), value)
    if any(s != 1 for s in scale.reshape(-1)):
        axis, shape = (0, weights.shape) if transposed else (1, weights.T.shape)
        rows = row_scale(node, scale, axis, shape)
        product = importer.add(node, Affine(rows, exact_array(0)), product, suffix="_scale")
    return Activation(product.name, (*value.shape[:-1], len(weights)), axes=value.axes)


def row_scale(node: OnnxNode, scale: ExactArray, axis: int, shape: tuple[int, ...]) -> ExactArray:
    """One scale, or one for each output: the outputs are this ``axis`` of weights of this ``shape``."""
    if scale.size == 1:
        return scale.reshape(1)
    varying = [i + len(shape) - scale.ndim for i, d in enumerate(scale.shape) if d != 1]
    if varying != [axis] or scale.size != shape[axis]:
        raise node.error(
            f"has weight scales of shape {scale.shape}; accepted are one scale, or one for each output"
        )
    return scale.reshape(-1)
