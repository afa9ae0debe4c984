"""Activation functions: those that never fall become thresholds of the quantiser behind them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bnngen.frontend.importer import Importer
from bnngen.frontend.known import arithmetic as known
from bnngen.frontend.nodes.building import known_input, scaled
from bnngen.frontend.onnx_node import OnnxNode, channel_parameters
from bnngen.frontend.readers import handles
from bnngen.frontend.values import Activation
from bnngen.ir.elementwise import Clip
from bnngen.ir.monotone import Elu, Leaky, Monotone, Sigmoid, Softplus, Softsign, Tanh
from bnngen.numbers.exact import Exact, exact_array

ZERO, ONE = exact_array(0), exact_array(1)

_SMOOTH: dict[str, tuple[Monotone, Callable[..., np.ndarray], float, float]] = {
    "Tanh": (Tanh(), np.tanh, -1.0, 1.0),
    "Sigmoid": (Sigmoid(), lambda x: 1 / (1 + np.exp(-x)), 0.0, 1.0),
    "Softplus": (Softplus(), lambda x: np.logaddexp(0.0, x), 0.0, np.inf),
    "Softsign": (Softsign(), lambda x: x / (1 + np.abs(x)), -1.0, 1.0),
}


@handles("Tanh", "Sigmoid", "Softplus", "Softsign")
def read_smooth(node: OnnxNode, importer: Importer) -> None:
    """A function without parameters."""
    function, of_floats, least, most = _SMOOTH[node.op_type.removeprefix("QLinear")]
    if isinstance(node.input(0), Activation):
        importer.values[node.output(0)] = importer.add(node, function, node.activation())
        return
    importer.know(node, known.rising(of_floats, known_input(node, 0), least, most))


@handles("LeakyRelu")
def read_leaky_relu(node: OnnxNode, importer: Importer) -> None:
    """y = x where x >= 0, else alpha*x."""
    alpha = Exact.of(node.attributes.get("alpha", float(np.float32(0.01))))
    _leaky(node, importer, node.activation(), (alpha,))


@handles("PRelu")
def read_prelu(node: OnnxNode, importer: Importer) -> None:
    """The same with one slope, or one a channel."""
    value = node.activation()
    slopes = node.constant(1, "its slopes")
    given = channel_parameters(node, slopes.exact().reshape(slopes.shape), value)
    _leaky(node, importer, value, tuple(given))


def _leaky(node: OnnxNode, importer: Importer, value: Activation, slopes: tuple[Exact, ...]) -> None:
    for channel, slope in enumerate(slopes):
        if slope.sign() < 0:
            raise node.error(
                f"has the slope {float(slope):g} in channel {channel}, so that it falls and rises; "
                "accepted are slopes of 0 or more: train with slopes that are kept above 0"
            )
    importer.values[node.output(0)] = importer.add(node, Leaky(slopes), value)


@handles("HardSigmoid")
def read_hard_sigmoid(node: OnnxNode, importer: Importer) -> None:
    """y = min(max(alpha*x + beta, 0), 1)."""
    alpha, beta = (
        exact_array(node.attributes.get(name, float(np.float32(usual))))
        for name, usual in (("alpha", 0.2), ("beta", 0.5))
    )
    line = scaled(node, importer, node.activation(), alpha, beta, "_line")
    importer.values[node.output(0)] = importer.add(node, Clip(Exact(), Exact.of(1)), line)


@handles("Elu")
def read_elu(node: OnnxNode, importer: Importer) -> None:
    """y = x where x >= 0, else alpha*(exp(x) - 1)."""
    alpha = _alpha(node, 1.0)
    importer.values[node.output(0)] = importer.add(node, Elu(alpha), node.activation())


@handles("Selu")
def read_selu(node: OnnxNode, importer: Importer) -> None:
    """gamma times Elu."""
    alpha = _alpha(node, float(np.float32(1.67326319217681884765625)))
    gamma = node.attributes.get("gamma", float(np.float32(1.05070102214813232421875)))
    bent = importer.add(node, Elu(alpha), node.activation())
    importer.values[node.output(0)] = scaled(node, importer, bent, exact_array(gamma), ZERO, "_scale")


@handles("Celu")
def read_celu(node: OnnxNode, importer: Importer) -> None:
    """y = x where x >= 0, else alpha*(exp(x/alpha) - 1): alpha times Elu of x/alpha."""
    alpha = exact_array(_alpha(node, 1.0))
    inside = scaled(node, importer, node.activation(), ONE / alpha, ZERO, "_unscale")
    bent = importer.add(node, Elu(Exact.of(1)), inside)
    importer.values[node.output(0)] = scaled(node, importer, bent, alpha, ZERO, "_scale")


def _alpha(node: OnnxNode, usual: float) -> Exact:
    alpha = Exact.of(node.attributes.get("alpha", usual))
    if alpha.sign() <= 0:
        raise node.error(
            f"has alpha = {float(alpha):g}, so that it falls or has a step; accepted is one above 0"
        )
    return alpha
