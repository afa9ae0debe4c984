"""Files in double precision."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from bnngen.import_check.double import in_double


def test_every_number_is_double() -> None:
    """Initialisers of each type, constants in each form, casts; what is left alone: whole numbers."""
    half = numpy_helper.from_array(np.array([0.1], np.float16), "half")
    single = numpy_helper.from_array(np.array([0.1], np.float32), "single")
    whole = numpy_helper.from_array(np.array([3], np.int64), "whole")
    nodes = [
        helper.make_node("Constant", [], ["a"], value_float=0.1),
        helper.make_node("Constant", [], ["b"], value_floats=[0.1, 0.2]),
        helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(np.array([0.1], np.float32))),
        helper.make_node("Cast", ["whole"], ["d"], to=TensorProto.FLOAT),
        helper.make_node("Identity", ["half"], ["e"]),
        helper.make_node("Identity", ["single"], ["f"]),
        helper.make_node("Identity", ["whole"], ["g"]),
        helper.make_node("Own", ["x"], ["h"], domain="own"),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "n",
        [value("x", TensorProto.FLOAT, [1])],
        [value("h", TensorProto.FLOAT, None)],
        [half, single, whole],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    before = model.SerializeToString()
    lifted = in_double(model)
    assert model.SerializeToString() == before
    assert [(entry.domain, entry.version) for entry in lifted.opset_import] == [("", 13), ("own", 1)]
    del lifted.graph.node[-1]
    del lifted.graph.output[:]
    names = list("abcdefg")
    lifted.graph.output.extend(value(name, TensorProto.DOUBLE, None) for name in names)
    found = dict(zip(names, ReferenceEvaluator(lifted).run(names, {"x": np.zeros(1)}), strict=True))
    assert {name: array.dtype for name, array in found.items()} == {
        **dict.fromkeys("abcdef", np.dtype(np.float64)),
        "g": np.dtype(np.int64),
    }
    assert found["f"].tolist() == [float(np.float32(0.1))]
    assert found["e"].tolist() == [float(np.float16(0.1))]
    assert found["a"] == float(np.float32(0.1))


def test_valid_padding_is_none() -> None:
    """onnx's own evaluator pads a convolution with VALID as with SAME."""
    weights = numpy_helper.from_array(np.ones((1, 1, 3), np.float32), "w")
    node = helper.make_node("Conv", ["x", "w"], ["y"], auto_pad="VALID", pads=[1, 1])
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [node],
        "g",
        [value("x", TensorProto.FLOAT, [1, 1, 7])],
        [value("y", TensorProto.FLOAT, None)],
        [weights],
    )
    model = in_double(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]))
    (y,) = ReferenceEvaluator(model).run(None, {"x": np.arange(7.0)[None, None]})
    assert np.asarray(y).tolist() == [[[3.0, 6.0, 9.0, 12.0, 15.0]]]
