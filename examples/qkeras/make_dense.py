"""Writes dense.onnx: what qonnx's converter makes of a small QKeras network, with random weights."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

QONNX = "qonnx.custom_op.general"
SIZES = (16, 12, 5)


def quant(
    x: str, y: str, scale: float, bits: int, signed: bool = True
) -> tuple[NodeProto, list[TensorProto]]:
    """A Quant node, and its parameters."""
    values = {"scale": scale, "zero": 0.0, "bits": float(bits)}
    tensors = [numpy_helper.from_array(np.float32(value), f"{y}/{name}") for name, value in values.items()]
    settings = {"signed": int(signed), "narrow": 0, "rounding_mode": "ROUND"}
    node = helper.make_node("Quant", [x, *(t.name for t in tensors)], [y], y, domain=QONNX, **settings)
    return node, tensors


def network() -> ModelProto:
    """Two dense layers of 4-bit weights, a 4-bit Relu between them."""
    random, nodes, tensors = np.random.default_rng(0), list[NodeProto](), list[TensorProto]()

    def add(made: tuple[NodeProto, list[TensorProto]]) -> str:
        nodes.append(made[0])
        tensors.extend(made[1])
        return str(made[0].output[0])

    x = add(quant("input", "q_activation", 2.0**-7, 8))
    for number, (inputs, outputs) in enumerate(pairwise(SIZES), start=1):
        name = f"dense{number}"
        for kind, shape in (("kernel", (inputs, outputs)), ("bias", (outputs,))):
            values = random.normal(0, 0.4, shape).astype(np.float32)
            tensors.append(numpy_helper.from_array(values, f"{name}/{kind}"))
        kernel = add(quant(f"{name}/kernel", f"{name}/kernel_quant", 2.0**-3, 4))
        bias = add(quant(f"{name}/bias", f"{name}/bias_quant", 2.0**-3, 4))
        nodes.append(helper.make_node("MatMul", [x, kernel], [f"{name}/MatMul"], f"{name}/MatMul"))
        nodes.append(
            helper.make_node("Add", [f"{name}/MatMul", bias], [f"{name}/BiasAdd"], f"{name}/BiasAdd")
        )
        x = f"{name}/BiasAdd"
        if number == 1:
            nodes.append(helper.make_node("Relu", [x], ["relu"], "relu"))
            x = add(quant("relu", "q_relu", 2.0**-3, 4, signed=False))
    frame = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", SIZES[0]])
    scores = helper.make_tensor_value_info(x, TensorProto.FLOAT, ["N", SIZES[-1]])
    graph = helper.make_graph(nodes, "qkeras", [frame], [scores], tensors)
    imports = [helper.make_opsetid("", 13), helper.make_opsetid(QONNX, 1)]
    return helper.make_model(graph, opset_imports=imports, ir_version=8)


if __name__ == "__main__":
    Path(__file__).with_name("dense.onnx").write_bytes(network().SerializeToString(deterministic=True))
