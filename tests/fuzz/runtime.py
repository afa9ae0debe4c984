"""A second opinion on model files, by onnxruntime in single precision: QONNX's operators become functions of the
file."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import AttributeProto, FunctionProto, TensorProto, helper, numpy_helper, parser

from tests.fuzz.operators import QONNX_DOMAINS

MICROSOFT, BIAS = "com.microsoft", 6
PRODUCTS = ("QLinearConv", "QLinearMatMul", "QGemm", "ConvInteger", "MatMulInteger")
MOST_WEIGHT = 64
"""Up to which two products with numbers of 8 bits stay in 16 bits."""
LEAST_OPSET = 13
"""Of the functions below."""
ROUNDINGS = {
    "ROUND": "r = Round (v)",
    "CEIL": "r = Ceil (v)",
    "FLOOR": "r = Floor (v)",
    "UP": "s = Sign (v) a = Abs (v) c = Ceil (a) r = Mul (s, c)",
    "DOWN": "s = Sign (v) a = Abs (v) c = Floor (a) r = Mul (s, c)",
    "ROUND_TO_ZERO": "s = Sign (v) a = Abs (v) c = Floor (a) r = Mul (s, c)",
    "HALF_UP": "s = Sign (v) a = Abs (v) h = Constant <value = float {{0.5}}> () "
    "b = Add (a, h) c = Floor (b) r = Mul (s, c)",
    "HALF_DOWN": "s = Sign (v) a = Abs (v) h = Constant <value = float {{0.5}}> () "
    "b = Sub (a, h) c = Ceil (b) r = Mul (s, c)",
}
"""v to r, by standard operators."""
HEAD = '<opset_import: ["" : {opset}], domain: "{domain}"> '
BIPOLAR_QUANT = """BipolarQuant (x, scale) => (y) {{
    zero = Constant <value = float {{0.0}}> () one = Constant <value = float {{1.0}}> () minus = Neg (one)
    at_least = GreaterOrEqual (x, zero) sign = Where (at_least, one, minus) y = Mul (sign, scale)
}}"""
QUANT = """{name} <signed, narrow> (x, scale, zero, bits) => (y) {{
    signed_int = Constant <value_int: int = @signed> () signed = Cast <to = 1> (signed_int)
    narrow_int = Constant <value_int: int = @narrow> () narrow = Cast <to = 1> (narrow_int)
    one = Constant <value = float {{1.0}}> () two = Constant <value = float {{2.0}}> ()
    left = Sub (bits, signed) levels = Pow (two, left) top = Sub (levels, one)
    unsigned = Sub (one, signed) less = Mul (narrow, unsigned) hi = Sub (top, less)
    minus = Neg (levels) higher = Add (minus, narrow) lo = Mul (higher, signed)
    q = Div (x, scale) v = Add (q, zero) {rounding}
    capped = Min (r, hi) code = Max (capped, lo) moved = Sub (code, zero) y = Mul (moved, scale)
}}"""
TRUNC = """{name} <signed, narrow> (x, scale, zero, in_bits, out_scale, bits) => (y) {{
    signed_int = Constant <value_int: int = @signed> () signed = Cast <to = 1> (signed_int)
    narrow_int = Constant <value_int: int = @narrow> () narrow = Cast <to = 1> (narrow_int)
    one = Constant <value = float {{1.0}}> () two = Constant <value = float {{2.0}}> ()
    left = Sub (bits, signed) levels = Pow (two, left) top = Sub (levels, one)
    unsigned = Sub (one, signed) less = Mul (narrow, unsigned) hi = Sub (top, less)
    minus = Neg (levels) higher = Add (minus, narrow) lo = Mul (higher, signed)
    ratio = Div (out_scale, scale) ln = Log (ratio) ln2 = Log (two) exponent = Div (ln, ln2)
    places = Round (exponent) power = Pow (two, places)
    q = Div (x, scale) shifted = Add (q, zero) whole = Round (shifted) v = Div (whole, power) {rounding}
    capped = Min (r, hi) code = Max (capped, lo)
    out_zero = Div (zero, power) moved = Sub (code, out_zero) y = Mul (moved, out_scale)
}}"""
MULTI_THRESHOLD = """MultiThreshold <out_scale, out_bias> (x, table) => (y) {{
    scale = Constant <value_float: float = @out_scale> () bias = Constant <value_float: float = @out_bias> ()
    last = Constant <value = int64[1] {{-1}}> () first = Constant <value = int64[1] {{1}}> ()
    second = Constant <value = int64[1] {{2}}> ()
    shape = Shape (x) rank = Size (shape) more = Sub (rank, second)
    ones = ConstantOfShape <value = int64[1] {{1}}> (more)
    sizes = Shape (table) levels = Slice (sizes, first, second)
    wanted = Concat <axis = 0> (last, ones, levels) rows = Reshape (table, wanted)
    column = Unsqueeze (x, last) reached = GreaterOrEqual (column, rows) each = Cast <to = 1> (reached)
    count = ReduceSum <keepdims = 0> (each, last) scaled = Mul (count, scale) y = Add (scaled, bias)
}}"""
ROUNDED = {"Quant": (QUANT, b"ROUND"), "Trunc": (TRUNC, b"FLOOR")}
"""What rounds, and how if it does not say."""
DEFAULTS: dict[str, dict[str, Any]] = {
    "Quant": {"signed": 1, "narrow": 0},
    "Trunc": {"signed": 1, "narrow": 0},
    "MultiThreshold": {"out_scale": 1.0, "out_bias": 0.0},
    "BipolarQuant": {},
}


def outputs(model: onnx.ModelProto, x: NDArray[np.float64], batch: int | None) -> NDArray[Any] | None:
    """The output for the frames ``x`` (N, ...), so many at a time, or None where onnxruntime does not say."""
    try:
        session = _session(standard(model))
        (name,) = (i.name for i in session.get_inputs())
        size = batch or len(x)
        parts = [
            session.run(None, {name: x[start : start + size].astype(np.float32)})[0]
            for start in range(0, len(x), size)
        ]
        return np.concatenate([np.reshape(part, (size, -1)) for part in parts])
    except Exception:
        return None


def _session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model.SerializeToString(), options)


def standard(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with functions for QONNX's operators. Raises ValueError for operators that have none."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    if any(node.domain == MICROSOFT and "" in _inputs(node) for node in model.graph.node):
        raise ValueError("an input that is left out ends the process")
    if _saturates(model):
        raise ValueError("pairs of products that may leave 16 bits")
    opset = next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
    if opset < LEAST_OPSET:
        raise ValueError(f"opset {opset}")
    copy.ir_version = min(max(model.ir_version, 8), 10)
    own = {(f.domain, f.name) for f in model.functions}
    added: dict[tuple[str, str], FunctionProto] = {}
    for node in copy.graph.node:
        if node.domain in QONNX_DOMAINS and (node.domain, node.op_type) not in own:
            function = _function(node, opset)
            added[function.domain, function.name] = function
    copy.functions.extend(added.values())
    return copy


def _saturates(model: onnx.ModelProto) -> bool:
    """Whether a processor without instructions for it may add two products of uint8 and int8 in 16 bits."""
    weights = {t.name: t for t in model.graph.initializer if t.data_type == TensorProto.INT8}
    read = {name for node in model.graph.node if node.op_type in PRODUCTS for name in node.input}
    found = (numpy_helper.to_array(weights[name]).astype(int) for name in read & weights.keys())
    return any(np.abs(array).max(initial=0) > MOST_WEIGHT for array in found)


def _inputs(node: onnx.NodeProto) -> list[str]:
    """All inputs, those too that are left out at the end; the bias of a product alone may be left out."""
    if node.op_type == "QGemm":
        return [name for index, name in enumerate(node.input) if index != BIAS]
    least = {"QLinearAdd": 8, "QLinearMul": 8, "QLinearConcat": 2}.get(node.op_type, 5)
    return [*node.input, *[""] * (least - len(node.input))]


def _function(node: onnx.NodeProto, opset: int) -> FunctionProto:
    """What a node means; the node gets the function's name and all attributes that it has."""
    kind = "Quant" if node.op_type == "IntQuant" else node.op_type
    given = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    known = DEFAULTS[kind]
    if kind in ROUNDED:
        text, default = ROUNDED[kind]
        mode = given.pop("rounding_mode", default).decode().upper()
        node.op_type = f"{kind}_{mode}"
        text = text.format(name=node.op_type, rounding=ROUNDINGS[mode].format())
    else:
        text = {"BipolarQuant": BIPOLAR_QUANT, "MultiThreshold": MULTI_THRESHOLD}[kind].format()
        given = {name: value for name, value in given.items() if name not in ("out_dtype", "data_layout")}
    if given.keys() - known.keys():
        raise ValueError(f"attributes {sorted(given)}")
    del node.attribute[:]
    node.attribute.extend(
        helper.make_attribute(name, given.get(name, value)) for name, value in known.items()
    )
    assert all(a.type in (AttributeProto.INT, AttributeProto.FLOAT) for a in node.attribute)
    return parser.parse_function(HEAD.format(opset=opset, domain=node.domain) + text)
