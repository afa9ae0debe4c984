"""What may stand at the end of a classifier."""

from __future__ import annotations

from bnngen.frontend.importer import Importer, handles
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.values import Activation
from bnngen.ir.elementwise import Softmax
from bnngen.ops.argmax import ClassIndex


@handles("Softmax")
def read_softmax(node: OnnxNode, importer: Importer) -> None:
    """Over the channels."""
    value = node.activation()
    _require_last_axis(node, value, -1 if importer.opset >= 13 else 1)
    importer.values[node.output(0)] = importer.add(node, Softmax(), value)


@handles("ArgMax")
def read_argmax(node: OnnxNode, importer: Importer) -> None:
    """The index of the greatest channel, the lowest one at a tie."""
    value = node.activation()
    if node.flag("select_last_index"):
        raise node.error("with select_last_index = 1 is not supported; the lowest index wins a tie")
    _require_last_axis(node, value, 0)
    best = importer.add(node, ClassIndex(value.shape[1]), value)
    kept = node.flag("keepdims", default=True)
    importer.values[node.output(0)] = best if kept else Activation(best.name, best.shape[:1])


@handles("TopK")
def read_topk(node: OnnxNode, importer: Importer) -> None:
    """TopK of 1: its indices are the class; its values are not available."""
    value = node.activation()
    numbers = [node.attributes["k"]] if "k" in node.attributes else node.whole(1, "k")
    if len(numbers) != 1:
        raise node.error(f"takes one number as k, not {numbers}")
    (k,) = numbers
    if not node.flag("largest", default=True):
        raise node.error("is supported as the one largest score only, not as the smallest")
    if k != 1:
        raise node.error(f"is supported as the one largest score only, not with k = {k}")
    _require_last_axis(node, value, -1)
    importer.values[node.output(1)] = importer.add(node, ClassIndex(value.shape[1]), value)


def _require_last_axis(node: OnnxNode, value: Activation, default: int) -> None:
    axis = node.attributes.get("axis", default)
    if len(value.shape) != 2 or axis not in (-1, 1):
        raise node.error(
            f"works over the scores of a tensor (N, classes), not over axis {axis} of {value.shape}"
        )
