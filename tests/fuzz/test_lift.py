from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper, parser

from tests.frontend.onnx_file import File
from tests.fuzz.lift import lifted
from tests.fuzz.reference import Reference

NARROW = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16)
X = np.array([[0.25, -3.0, 1.0]])


@pytest.mark.parametrize("data_type", NARROW)
def test_every_float_becomes_the_double_that_it_is(data_type: int) -> None:
    file = File(3)
    model = file.proto(file.node("Add", "x", file.node("Cast", 0.1, to=data_type)))
    (tensor,) = model.graph.initializer
    dtype = helper.tensor_dtype_to_np_dtype(data_type)
    tensor.CopyFrom(numpy_helper.from_array(np.array(0.1).astype(dtype), tensor.name))
    exact = np.array(0.1).astype(dtype).astype(np.float64)
    assert Reference(model).real(X, None).tolist() == (X + exact).tolist()
    assert exact != 0.1


def test_constants_become_initializers() -> None:
    file = File(3)
    x = file.node("Add", "x", file.node("Constant", value_float=0.5))
    x = file.node(
        "Mul", x, file.node("Constant", value=numpy_helper.from_array(np.array([2.0, 1.0, -1.0], np.float32)))
    )
    model = file.proto(file.node("Reshape", x, file.node("Constant", value_ints=[3, -1])))
    assert [node.op_type for node in lifted(model).graph.node] == ["Add", "Mul", "Reshape"]
    assert Reference(model).real(X, None).tolist() == [[1.5], [-2.5], [-1.5]]


def test_functions_are_inlined_and_domains_known() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 17, "local" : 1]>
        g (float[N, 3] x) => (float[N, 3] y) { a = local.Relu (x) y = ai.onnx.Neg (a) }
        <domain: "local", opset_import: ["" : 17]> Relu (x) => (y) { y = Abs (x) }
    """)
    assert Reference(model).real(X, None).tolist() == (-np.abs(X)).tolist()


def test_the_file_stays_as_it_was() -> None:
    file = File(3)
    model = file.proto(file.bipolar("x"))
    before = model.SerializeToString()
    lifted(model)
    assert model.SerializeToString() == before


def test_finn_imports_no_domain_of_its_own() -> None:
    file = File(3)
    model = file.proto(file.bipolar("x"))
    del model.opset_import[1:]
    assert Reference(model).real(X, None).tolist() == [[1.0, -1.0, 1.0]]


def test_the_batch_of_a_file_is_told_where_it_is_reasonable() -> None:
    for stated, wanted in ((4, 4), (1, 1), (0, None), (1 << 40, None)):
        file = File(3)
        model: onnx.ModelProto = file.proto(file.bipolar("x"))
        model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = stated
        assert Reference(model).batch == wanted
