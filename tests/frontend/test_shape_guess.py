"""Shapes of what can't be read, and attributes with which onnx's inference must not be asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from bnngen.frontend.shape_guess import inferred_shapes, type_shape
from bnngen.frontend.values import Activation, Constant, OnnxShape, Value

MAP = Activation("x", (1, 3, 8, 8))


def inferred(op: str, *inputs: Value | OnnxShape | None, domain: str = "", **attributes: Any) -> Any:
    node = helper.make_node(op, [f"i{k}" for k in range(len(inputs))], ["y"], domain=domain, **attributes)
    return inferred_shapes(node, inputs, 18).get("y")


@pytest.mark.parametrize(
    ("op", "inputs", "attributes", "shape"),
    [
        ("LayerNormalization", (MAP, Constant(np.ones(8))), {}, (1, 3, 8, 8)),
        ("ConvTranspose", (MAP, (3, 5, 2, 2)), {"strides": [2, 2]}, (1, 5, 16, 16)),
        ("Pad", (MAP, Constant(np.array([0, 0, 1, 1, 0, 0, 1, 1]))), {}, (1, 3, 10, 10)),
        ("Pad", (MAP, None), {}, None),
        ("MatMul", (Activation("x", (1, 4)), (4, 7)), {}, (1, 7)),
        ("MatMul", (Activation("x", (1, 4)), None), {}, None),
        ("ConvTranspose", (MAP, (3, 5, 2, 2)), {"strides": [0, 0]}, None),
        ("ConvTranspose", (MAP, (3, 5, 2, 2)), {"dilations": [1 << 40, 1]}, None),
        ("NoSuchOperator", (MAP,), {}, None),
        ("FloatQuant", (MAP,), {"domain": "qonnx.custom_op.general"}, (1, 3, 8, 8)),
        ("Quant", (MAP,), {"domain": "qonnx.custom_op.general"}, (1, 3, 8, 8)),
        ("Gelu", (None,), {"domain": "com.microsoft"}, None),
    ],
)
def test_what_comes_out(op: str, inputs: Any, attributes: dict[str, Any], shape: OnnxShape | None) -> None:
    assert inferred(op, *inputs, **attributes) == shape


def test_nodes_that_hold_graphs_are_left_alone() -> None:
    assert inferred("If", (1,), then_branch=onnx.GraphProto(), else_branch=onnx.GraphProto()) is None


@pytest.mark.parametrize(
    ("dims", "shape"), [(["N", 4], (1, 4)), ([0, 4], (1, 4)), ([2, "L"], None), ([], ()), (None, None)]
)
def test_the_shape_of_a_type(dims: Any, shape: OnnxShape | None) -> None:
    assert type_shape(helper.make_tensor_type_proto(TensorProto.FLOAT, dims)) == shape
