"""ONNX files in the making, as tests and random writers make them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

DOMAINS = ("onnx.brevitas", "qonnx.custom_op.general", "finn.custom_op.general", "com.microsoft")
QONNX = DOMAINS[1]
Change = Callable[[onnx.ModelProto], None]
"""A last change to a model."""


class File:
    """An ONNX model in the making; ``x`` is its input, of shape (N, *shape)."""

    def __init__(self, *shape: int, opset: int = 13) -> None:
        self.shape, self.opset = shape, opset
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, np.ndarray] = {}

    def const(self, values: Any) -> str:
        """An initializer; numbers of Python are doubles, so that the reference doesn't round them."""
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(values)
        return name

    def node(
        self, op: str, *inputs: Any, name: str | None = None, outputs: int = 1, **attributes: Any
    ) -> str:
        """A node; inputs that aren't names of tensors become initializers. Returns its last output."""
        index = len(self.nodes)
        tensors = [i if isinstance(i, str) else self.const(i) for i in inputs]
        made = [f"t{index}_{k}" for k in range(outputs)]
        name = f"{op}{index}" if name is None else name
        attributes.setdefault("domain", QONNX if op in ("Quant", "BipolarQuant", "MultiThreshold") else "")
        self.nodes.append(helper.make_node(op, tensors, made, name=name, **attributes))
        return made[-1]

    def bipolar(self, x: Any, scale: Any = 1.0, **attributes: Any) -> str:
        """A node that takes signs, times ``scale``."""
        return self.node("BipolarQuant", x, scale, **attributes)

    def quant(self, x: Any, scale: Any, bits: Any = 4.0, zero: Any = 0.0, **attributes: Any) -> str:
        """A node that rounds to multiples of ``scale``."""
        return self.node("Quant", x, scale, zero, bits, **attributes)

    def proto(self, *outputs: str) -> onnx.ModelProto:
        """The model with these outputs."""
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            self.nodes,
            "network",
            [value("x", TensorProto.FLOAT, ["N", *self.shape])],
            [value(o, TensorProto.FLOAT, None) for o in outputs],
            [numpy_helper.from_array(array, name) for name, array in self.constants.items()],
        )
        imports = [helper.make_opsetid("", self.opset), *(helper.make_opsetid(d, 1) for d in DOMAINS)]
        return helper.make_model(graph, opset_imports=imports)

    def save(self, path: Path, *outputs: str, change: Change | None = None) -> Path:
        """Writes the file, after a last change; returns its path."""
        model = self.proto(*outputs)
        if change:
            change(model)
        path.write_bytes(model.SerializeToString())
        return path
