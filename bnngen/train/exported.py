"""What a model file that training has left still tells: the network's steps, and its parameters by name."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import onnx
from onnx import helper, numpy_helper

_ON_THE_WAY = ("Identity", "Cast")
"""Parameters that are equal have one array and Identities; signs are made floats by a Cast."""
_NOT_OF_THE_NETWORK = ("epsilon", "momentum", "training_mode")
"""What batch norms say of training."""


class ExportedStep(NamedTuple):
    """A node: the module of the body that it belongs to, as ``[model.layers]`` names it, and what it does,
    with all its bits and sizes of windows, but not how many neurons or channels there are."""

    layer: str
    what: str


class ExportedModel:
    """The contents of a model file as `bnngen.train.export.export_model` writes it.

    ``parameters``: weights, batch norms and shifts by their names in the body; signs of one bit are int8.
    ``steps``: all that is computed, in order, but for the input's affine step, which depends on the data.
    ``learned_scales``: the scale and the bits of each unsigned activation, in the order of computation.
    Raises KeyError, IndexError, TypeError or ValueError of most files that others have written.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        self.parameters = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
        computed = []
        for node in model.graph.node:
            if node.op_type not in _ON_THE_WAY:
                computed.append(node)
            elif node.input[0] in self.parameters:
                self.parameters[node.output[0]] = self.parameters[node.input[0]]
        self.steps = [
            ExportedStep(_layer(node), self._what(node))
            for node in computed
            if not (_layer(node) == "input" and node.op_type in ("Mul", "Add"))
        ]
        self.learned_scales = [
            (np.float32(self.parameters[node.input[1]]), self._bits(node))
            for node in computed
            if node.op_type == "Quant" and not _attributes(node)["signed"]
        ]

    def _bits(self, node: onnx.NodeProto) -> int:
        return int(self.parameters[node.input[3]])

    def _what(self, node: onnx.NodeProto) -> str:
        if node.op_type not in ("Quant", "BipolarQuant"):
            known = _attributes(node).items()
            settings = ", ".join(f"{k} = {v}" for k, v in known if k not in _NOT_OF_THE_NETWORK)
            return f"{node.op_type} ({settings})" if settings else node.op_type
        kind = "weights" if node.input[0] in self.parameters else "activations"
        if node.op_type == "BipolarQuant":
            return f"{kind} of 1 bit"
        signed = "signed" if _attributes(node)["signed"] else "unsigned"
        return f"{kind} of {self._bits(node)} bits, {signed}"


def _layer(node: onnx.NodeProto) -> str:
    """Of /dense_0/weight_quant/... dense_0."""
    return node.name.split("/")[1] if node.name.count("/") > 1 else "the body"


def _attributes(node: onnx.NodeProto) -> dict[str, object]:
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}
