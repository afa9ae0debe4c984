"""Transpose: of a constant it is computed; of a computed tensor it only says which axis is which."""

from __future__ import annotations

from bnngen.frontend.axes import transposed
from bnngen.frontend.importer import Importer
from bnngen.frontend.known.arithmetic import map_arrays, settled
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.readers import handles
from bnngen.frontend.values import Activation


@handles("Transpose", any_axes=True)
def read_transpose(node: OnnxNode, importer: Importer) -> None:
    """The axes of a tensor in another order; the batch stays in front."""
    value = node.input(0)
    perm = node.attributes.get("perm", list(range(len(value.shape)))[::-1])
    if sorted(perm) != list(range(len(value.shape))):
        raise node.error(f"has perm {perm} for a tensor of shape {value.shape}")
    if isinstance(value, Activation):
        if perm[0] != 0:
            raise node.error(
                f"has perm {perm}, which moves the batch axis of {value.shape}; accepted is one that "
                "begins with 0"
            )
        importer.values[node.output(0)] = transposed(value, perm)
    else:
        importer.know(node, map_arrays(settled(value), lambda array: array.transpose(perm)))
