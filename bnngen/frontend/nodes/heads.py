"""What may stand at the end of a classifier."""

from __future__ import annotations

from bnngen.frontend.importer import Importer, OnnxNode, handles
from bnngen.frontend.values import Activation
from bnngen.ops.argmax import ArgMax
from bnngen.quantised import Softmax


@handles("Softmax")
def read_softmax(node: OnnxNode, importer: Importer) -> None:
    value = node.activation()
    _require_last_axis(node, value, node.attributes.get("axis", -1 if importer.opset >= 13 else 1))
    importer.values[node.outputs[0]] = importer.add(node, Softmax(), value, shape=value.shape)


@handles("ArgMax")
def read_argmax(node: OnnxNode, importer: Importer) -> None:
    value = node.activation()
    if node.attributes.get("select_last_index", 0):
        raise node.error("with select_last_index = 1 is not supported; the lowest index wins a tie")
    _require_last_axis(node, value, node.attributes.get("axis", 0))
    importer.values[node.outputs[0]] = importer.add(node, ArgMax(value.shape[1]), value, shape=(1, 1))


@handles("TopK")
def read_topk(node: OnnxNode, importer: Importer) -> None:
    """TopK of 1: its indices are the class; its values are not available."""
    value = node.activation()
    k = (
        node.attributes.get("k")
        if "k" in node.attributes
        else int(node.constant(1, "k").array.reshape(-1)[0])
    )
    if not node.attributes.get("largest", 1):
        raise node.error("is supported as the one largest score only, not as the smallest")
    if k != 1:
        raise node.error(f"is supported as the one largest score only, not with k = {k}")
    _require_last_axis(node, value, node.attributes.get("axis", -1))
    importer.values[node.outputs[1]] = importer.add(node, ArgMax(value.shape[1]), value, shape=(1, 1))


def _require_last_axis(node: OnnxNode, value: Activation, axis: int) -> None:
    if len(value.shape) != 2 or axis % 2 != 1:
        raise node.error(
            f"works over the scores of a tensor (N, classes), not over axis {axis} of {value.shape}"
        )
