"""Writes two small image networks as QONNX files: a residual one and a depthwise-separable one.

    python examples/maps/make_networks.py OUT

Their weights are random: they show what a file may hold and what becomes of it, and they classify nothing.
Inputs are RGB images of 16 x 16 in [-1, 1), quantised to 8 bits. ``residual.onnx`` has binarized 3 x 3
convolutions with zero padding, strides, a 1 x 1 convolution on the short way where the size changes, and sums
of 4-bit integers. ``separable.onnx`` has 4-bit depthwise convolutions and binarized 1 x 1 ones in turn.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

QONNX = "qonnx.custom_op.general"
IMAGE = (3, 16, 16)
CLASSES = 10


class Model:
    """An ONNX graph in the making; each method appends nodes and returns the name of their output."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: Any) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
        return name

    def node(self, op: str, *inputs: Any, **attributes: Any) -> str:
        """A node; inputs that are no names become constants."""
        names = [i if isinstance(i, str) else self.constant(i) for i in inputs]
        domain = QONNX if op in ("Quant", "BipolarQuant") else ""
        name = f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, names, [name], name=name, domain=domain, **attributes))
        return name

    def signs(self, *shape: int) -> NDArray[np.float32]:
        """Binarized weights."""
        return np.where(self.rng.random(shape) < 0.5, np.float32(-1), np.float32(1))

    def quant(self, x: str, scale: float, bits: int) -> str:
        return self.node("Quant", x, scale, 0.0, float(bits), signed=1, narrow=0, rounding_mode="ROUND")

    def binarized(self, x: str) -> str:
        return self.node("BipolarQuant", x, 1.0)

    def normed(self, x: str, channels: int, spread: float) -> str:
        """A batch norm for sums of this spread; about half of its gammas are negative."""
        mean, var = self.rng.normal(0, spread / 2, channels), self.rng.uniform(1, 3, channels) * spread**2
        gamma, beta = self.rng.normal(0, 1.5, channels), self.rng.normal(0, 0.5, channels)
        return self.node("BatchNormalization", x, gamma, beta, mean, var)

    def conv(self, x: str, weights: NDArray[Any], stride: int = 1, groups: int = 1) -> str:
        pad = weights.shape[2] // 2
        return self.node("Conv", x, weights, pads=[pad] * 4, strides=[stride] * 2, group=groups)

    def save(self, output: str, path: Path) -> None:
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            self.nodes,
            path.stem,
            [value("image", TensorProto.FLOAT, [1, *IMAGE])],
            [value(output, TensorProto.FLOAT, [1, CLASSES])],
            self.constants,
        )
        imports = [helper.make_opsetid("", 13), helper.make_opsetid(QONNX, 1)]
        onnx.save(helper.make_model(graph, opset_imports=imports), path)

    def classifier(self, x: str, channels: int) -> str:
        pooled = self.quant(self.node("GlobalAveragePool", x), 0.125, 4)
        return self.node("MatMul", self.node("Flatten", pooled), self.signs(channels, CLASSES))


def residual_block(model: Model, x: str, channels: int, wider: int, stride: int) -> str:
    """Two ways for the integers ``x``: a binarized convolution, and none, or one of 1 x 1."""
    bits = model.binarized(model.node("Add", x, 0.05))
    far = model.conv(bits, model.signs(wider, channels, 3, 3), stride)
    far = model.quant(model.normed(far, wider, (9 * channels) ** 0.5), 0.25, 4)
    if (channels, stride) == (wider, 1):
        return model.node("Add", far, x)
    near = model.conv(model.binarized(x), model.signs(wider, channels, 1, 1), stride)
    return model.node("Add", far, model.quant(model.normed(near, wider, channels**0.5), 0.25, 4))


def residual(path: Path) -> None:
    """Four blocks, two of which halve the map."""
    model = Model(1)
    x = model.conv(model.quant("image", 1 / 128, 8), model.signs(16, 3, 3, 3))
    x = model.quant(model.normed(x, 16, 3.0), 0.25, 4)
    for channels, wider, stride in ((16, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2)):
        x = residual_block(model, x, channels, wider, stride)
    model.save(model.classifier(model.quant(x, 0.25, 4), 64), path)


def separable(path: Path) -> None:
    """Four pairs of a depthwise and a 1 x 1 convolution, two of which halve the map."""
    model = Model(2)
    x = model.conv(model.quant("image", 1 / 128, 8), model.signs(16, 3, 3, 3))
    x = model.quant(model.normed(x, 16, 3.0), 0.25, 4)
    for channels, wider, stride in ((16, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2)):
        weights = model.rng.integers(-3, 4, (channels, 1, 3, 3))
        x = model.conv(x, weights, stride, groups=channels)
        x = model.binarized(model.normed(x, channels, 3.0))
        x = model.conv(x, model.signs(wider, channels, 1, 1))
        x = model.quant(model.normed(x, wider, channels**0.5), 0.25, 4)
    model.save(model.classifier(x, 64), path)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path, help="the folder for the two files")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    residual(out / "residual.onnx")
    separable(out / "separable.onnx")


if __name__ == "__main__":
    main()
