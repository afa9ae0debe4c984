"""The names of a module's layers for the nodes of a file that was exported from it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import onnx

from bnngen.frontend.from_torch.exporters import is_of_brevitas

SCOPES = "pkg.torch.onnx.name_scopes"
"""Where torch's new exporter notes the modules around a node, as a list in Python's syntax."""
PRODUCTS = ("Conv", "ConvTranspose", "Gemm", "MatMul")
"""What gives a layer with weights its name; elsewhere it is the last node of the layer."""


def layer_names(module: Any) -> frozenset[str]:
    """The names of a module's layers as its user knows them: what is inside a layer of Brevitas is none."""
    return frozenset(_layers(module, ""))


def _layers(module: Any, name: str) -> Iterator[str]:
    yield name
    if not is_of_brevitas(module):
        for child_name, child in module.named_children():
            yield from _layers(child, f"{name}.{child_name}" if name else child_name)


def rename(model: onnx.ModelProto, layers: Collection[str]) -> None:
    """Give each node the name of the layer that it comes from, in place, and its operator behind it
    (``layer1.0.conv1.Where``) where the layer has other nodes, or other layers in it."""
    nodes = list(model.graph.node)
    origins = [_layer(node, layers) for node in nodes]
    heads = _heads(nodes, origins, layers)
    names = set(heads)
    for index, (node, layer) in enumerate(zip(nodes, origins, strict=True)):
        named = heads.get(layer) == index
        node.name = layer if named else _free(f"{layer}.{node.op_type}".lstrip("."), names)


def _heads(
    nodes: Sequence[onnx.NodeProto], origins: Sequence[str], layers: Collection[str]
) -> dict[str, int]:
    """Which node bears the plain name of each layer that has no other layers in it: the first product, or the
    last node of all."""
    outer = {name.rpartition(".")[0] for name in layers if name}
    heads: dict[str, int] = {}
    for index, (node, layer) in enumerate(zip(nodes, origins, strict=True)):
        taken = layer in heads and nodes[heads[layer]].op_type in PRODUCTS
        if layer and layer not in outer and node.op_type != "Constant" and not taken:
            heads[layer] = index
    return heads


def _free(wish: str, names: set[str]) -> str:
    """``wish``, or ``wish_2``, ``wish_3`` ...; taken from then on."""
    name, count = wish, 1
    while name in names:
        count += 1
        name = f"{wish}_{count}"
    names.add(name)
    return name


def _layer(node: onnx.NodeProto, layers: Collection[str]) -> str:
    """The innermost layer around a node; nothing for one of the network itself."""
    noted = next((entry.value for entry in node.metadata_props if entry.key == SCOPES), None)
    # the old exporter has the modules in the name: /layer1/0/conv1/Conv, or /features/features.0/Conv
    scopes = ast.literal_eval(noted) if noted else node.name.strip("/").split("/")
    found = ""
    for scope in scopes[:-1]:
        inner = f"{found}.{scope}" if found else scope
        found = next((name for name in (inner, scope) if name and name in layers), found)
    return found
