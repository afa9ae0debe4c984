"""Changes of attributes: other values, other types, missing ones and ones too many."""

from __future__ import annotations

from typing import Any

import onnx
from onnx import AttributeProto, helper

from tests.fuzz.mutate.draft import Draft, SkipError, mutator, number

INTS = (0, 1, 2, 3, -1, -2, 4, 5, 7)
HARSH_INTS = (100, 1 << 20, 1 << 31, (1 << 63) - 1, -(1 << 63), 255, -100)
STRINGS = (
    *("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER", "NCHW", "NHWC", "nearest", "linear", "floor", "ceil"),
    *("ROUND", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN", "ROUND_TO_ZERO", "asymmetric"),
    *("half_pixel", "align_corners", "round_prefer_floor", "round_prefer_ceil", "", "floor", "\x1b[31m", "é"),
)
KNOWN: dict[str, dict[str, tuple[Any, ...]]] = {
    "Quant": {"signed": (0, 1), "narrow": (0, 1), "rounding_mode": STRINGS[10:18]},
    "MultiThreshold": {
        "out_scale": (0.5, 2.0, -1.0),
        "out_bias": (-0.5, -1.0, 1.0),
        "data_layout": ("NCHW", "NHWC", "NC"),
    },
    "Gemm": {"alpha": (0.5, 1.0, -2.0, 0.0), "beta": (0.5, -1.0, 0.0), "transA": (0, 1), "transB": (0, 1)},
    "Conv": {
        "group": (1, 2, 3),
        "auto_pad": STRINGS[:4],
        "pads": ([0, 0], [1, 0], [1, 1, 1, 1], [0, 1, 1, 0]),
        "strides": ([1], [2], [1, 2], [2, 2]),
        "dilations": ([2], [2, 1], [1, 2]),
    },
    "MaxPool": {
        "auto_pad": STRINGS[:4],
        "ceil_mode": (0, 1),
        "kernel_shape": ([2], [2, 2], [1, 2], [3, 3]),
        "strides": ([1], [2], [1, 2], [2, 2]),
        "pads": ([0, 0], [1, 0], [1, 1, 1, 1], [0, 1, 1, 0]),
        "dilations": ([2], [2, 1]),
        "storage_order": (0, 1),
    },
    "AveragePool": {
        "auto_pad": STRINGS[:4],
        "ceil_mode": (0, 1),
        "kernel_shape": ([2], [2, 2], [1, 2]),
        "strides": ([1], [2], [1, 2]),
        "count_include_pad": (0, 1),
        "pads": ([0, 0], [1, 0], [1, 1, 1, 1]),
    },
    "BatchNormalization": {
        "epsilon": (0.0, 1e-5, 0.125, -1.0),
        "momentum": (0.9, 0.5),
        "training_mode": (0, 1),
        "spatial": (0, 1),
    },
    "Softmax": {"axis": (-1, 0, 1, 2)},
    "ArgMax": {"axis": (-1, 0, 1, 2), "keepdims": (0, 1), "select_last_index": (0, 1)},
    "TopK": {"axis": (-1, 0, 1), "largest": (0, 1), "sorted": (0, 1)},
    "Flatten": {"axis": (0, 1, 2, 3, -1, -2)},
    "Concat": {"axis": (0, 1, 2, 3, -1, -2)},
    "Split": {"axis": (0, 1, 2, -1), "num_outputs": (1, 2, 3)},
    "Transpose": {"perm": ([0, 1], [1, 0], [0, 2, 1], [0, 3, 1, 2], [0, 1, 2, 3])},
    "Reshape": {"allowzero": (0, 1)},
    "Cast": {"to": (1, 6, 7, 10, 11, 9, 16, 2), "saturate": (0, 1)},
    "Resize": {
        "mode": ("nearest", "linear"),
        "nearest_mode": STRINGS[16:20],
        "coordinate_transformation_mode": ("asymmetric", "half_pixel", "align_corners", "pytorch_half_pixel"),
        "exclude_outside": (0, 1),
        "axes": ([2], [2, 3]),
    },
    "Unsqueeze": {"axes": ([1], [2], [-1], [0])},
    "Squeeze": {"axes": ([1], [2], [-1], [0])},
    "Gather": {"axis": (0, 1, -1)},
    "Shape": {"start": (0, 1, -1), "end": (1, 2, -1)},
    "Slice": {"axes": ([1], [2]), "starts": ([0], [1]), "ends": ([1], [2])},
    "Dropout": {"seed": (0, 1)},
    "QuantizeLinear": {"axis": (0, 1, 2, -1), "block_size": (0, 2), "output_dtype": (2, 3, 5, 21, 22)},
    "DequantizeLinear": {"axis": (0, 1, 2, -1), "block_size": (0, 2), "output_dtype": (1, 10, 11)},
    "QGemm": {"alpha": (0.5, 1.0), "transA": (0, 1), "transB": (0, 1)},
    "QLinearConcat": {"axis": (0, 1, 2, -1)},
    "QLinearGlobalAveragePool": {"channels_last": (0, 1)},
    "QLinearLeakyRelu": {"alpha": (0.5, 0.25, -1.0, 0.0, 2.0)},
}
KNOWN |= {"Trunc": KNOWN["Quant"], "QLinearConv": KNOWN["Conv"], "ConvInteger": KNOWN["Conv"]}
KNOWN |= {"QLinearAveragePool": {**KNOWN["AveragePool"], "channels_last": (0, 1)}}
"""Attributes that an operator has, or has in some version of it, with values that may mean something."""


def _set(node: onnx.NodeProto, name: str, value: Any) -> None:
    kept = [a for a in node.attribute if a.name != name]
    del node.attribute[:]
    node.attribute.extend([*kept, helper.make_attribute(name, value)])


def _chosen(draft: Draft) -> tuple[onnx.NodeProto, AttributeProto]:
    return draft.pick((node, a) for node in draft.graph.node for a in node.attribute)


@mutator(8)
def known_attribute(draft: Draft) -> None:
    """An attribute of the operator with another value that it may have."""
    node = draft.pick(n for n in draft.graph.node if n.op_type in KNOWN)
    name = draft.pick(sorted(KNOWN[node.op_type]))
    value = draft.pick(KNOWN[node.op_type][name])
    rank = next((len(a.ints) for a in node.attribute if a.name == "kernel_shape"), None)
    if isinstance(value, list) and rank and len(value) != rank * (2 if name == "pads" else 1):
        value = (value * 2 * rank)[: rank * (2 if name == "pads" else 1)]
    _set(node, name, value)


@mutator(2)
def attribute_value(draft: Draft) -> None:
    """Another value of the same type."""
    _, attribute = _chosen(draft)
    if attribute.type == AttributeProto.INT:
        attribute.i = draft.pick(INTS) if draft.chance(0.8) else draft.pick(HARSH_INTS)
    elif attribute.type == AttributeProto.FLOAT:
        attribute.f = number(draft)
    elif attribute.type == AttributeProto.STRING:
        attribute.s = draft.pick(STRINGS).encode() if draft.chance(0.9) else b"\xff\xfe"
    elif attribute.type == AttributeProto.INTS and attribute.ints:
        index = draft.random.randrange(len(attribute.ints))
        attribute.ints[index] = draft.pick(INTS) if draft.chance(0.9) else draft.pick(HARSH_INTS)
    elif attribute.type == AttributeProto.FLOATS and attribute.floats:
        attribute.floats[draft.random.randrange(len(attribute.floats))] = number(draft)
    else:
        raise SkipError


@mutator(0.6)
def attribute_length(draft: Draft) -> None:
    """One number more or less in a list."""
    attribute = draft.pick(a for n in draft.graph.node for a in n.attribute if a.type == AttributeProto.INTS)
    if draft.chance(0.5):
        attribute.ints.append(draft.pick(INTS))
    elif attribute.ints:
        attribute.ints.pop()


@mutator(0.6)
def attribute_type(draft: Draft) -> None:
    """The same name with a value of another type."""
    node, attribute = _chosen(draft)
    values: tuple[Any, ...] = (1, 0.5, "text", [1, 2], [0.5, 1.0], ["a", "b"], b"\xff")
    _set(node, attribute.name, draft.pick(values))


@mutator(0.6)
def attribute_undeclared(draft: Draft) -> None:
    """A type that does not say where the value is, or none at all, or one that is not known."""
    _, attribute = _chosen(draft)
    attribute.type = draft.pick((0, 1, 2, 3, 4, 5, 7, 8, 11))


@mutator(2)
def attribute_removed(draft: Draft) -> None:
    node, attribute = _chosen(draft)
    node.attribute.remove(attribute)


@mutator(0.6)
def attribute_added(draft: Draft) -> None:
    """An attribute that the operator does not have, or that it gets from a function around it."""
    node = draft.node()
    if draft.chance(0.2):
        attribute = node.attribute.add()
        attribute.name, attribute.ref_attr_name, attribute.type = "axis", "axis", AttributeProto.INT
        return
    names = ("axis", "axes", "alpha", "mode", "nonsense", "domain", "training_mode", "is_test", "broadcast")
    _set(node, draft.pick(names), draft.pick((0, 1, 0.5, "text", [1])))


@mutator(0.5)
def attribute_twice(draft: Draft) -> None:
    node, attribute = _chosen(draft)
    node.attribute.add().CopyFrom(attribute)
    if attribute.type == AttributeProto.INT:
        node.attribute[-1].i = draft.pick(INTS)
