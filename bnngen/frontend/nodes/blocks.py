"""DepthToSpace and SpaceToDepth: blocks of positions that become channels, and back."""

from __future__ import annotations

from bnngen.frontend.importer import Importer
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.readers import handles
from bnngen.ir.moves import Reshape


@handles("DepthToSpace")
def read_depth_to_space(node: OnnxNode, importer: Importer) -> None:
    """Blocks of channels become positions: the block slowest (DCR), or the channels (CRD)."""
    channels, height, width, size = _map(node)
    mode = node.attributes.get("mode", "DCR")
    if mode not in ("DCR", "CRD"):
        raise node.error(f"has mode {mode}; accepted are DCR and CRD")
    if channels % (size * size):
        raise node.error(f"makes blocks of {size}x{size} positions of {channels} channels")
    left = channels // (size * size)
    if mode == "DCR":
        before, axes = (size, size, left, height, width), (2, 3, 0, 4, 1)
    else:
        before, axes = (left, size, size, height, width), (0, 3, 1, 4, 2)
    op = Reshape((left, height * size, width * size), ((before, axes),))
    importer.values[node.output(0)] = importer.add(node, op, node.activation())


@handles("SpaceToDepth")
def read_space_to_depth(node: OnnxNode, importer: Importer) -> None:
    """Blocks of positions become channels, the place in the block slowest."""
    channels, height, width, size = _map(node)
    if height % size or width % size:
        raise node.error(f"takes blocks of {size}x{size} positions out of {height}x{width}")
    before = (channels, height // size, size, width // size, size)
    op = Reshape((channels * size * size, height // size, width // size), ((before, (2, 4, 0, 1, 3)),))
    importer.values[node.output(0)] = importer.add(node, op, node.activation())


def _map(node: OnnxNode) -> tuple[int, int, int, int]:
    """C, H, W, and the length of a block."""
    shape, size = node.activation().shape, node.attributes["blocksize"]
    if len(shape) != 4 or size < 1:
        raise node.error(f"with blocksize {size} takes a tensor of shape (N, C, H, W), not {shape}")
    return (*shape[1:], size)
