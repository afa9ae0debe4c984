"""Round, Floor and Ceil: of constants at import; of computed tensors they are half of a quantiser."""

from __future__ import annotations

from bnngen.frontend.importer import Importer
from bnngen.frontend.known import arithmetic as known
from bnngen.frontend.nodes.building import known_input
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.readers import handles
from bnngen.frontend.values import Activation
from bnngen.ir.rounding import Rounding

MODES = {"Round": "half_even", "Floor": "floor", "Ceil": "ceil"}


@handles("Round", "Floor", "Ceil")
def read_rounding(node: OnnxNode, importer: Importer) -> None:
    """The nearest whole number, of two the even one; the next one below or above."""
    mode = MODES[node.op_type]
    if isinstance(node.input(0), Activation):
        importer.values[node.output(0)] = importer.add(node, Rounding(mode), node.activation())
        return
    importer.know(node, known.rounded(known_input(node, 0), mode))
