"""A network in figures, for people and scripts."""

from __future__ import annotations

from typing import Any

from bnngen.ir.graph import Shape
from bnngen.reference.network import NamedLayer, Network


def summarise(network: Network) -> dict[str, Any]:
    """Shapes, types, parameters, bit operations and weight memory of every layer, and in total."""
    layers = [_layer(*pair) for pair in zip(network.layers, network.shapes, strict=True)]
    keys = ("parameters", "bit_operations", "weight_bits")
    q = network.quantizer
    return {
        "title": f"input {network.model_shape}, {q.type}, rounding {q.rounding}",
        "host": "output: class index" if network.class_index else f"output: {network.elements_out} integers",
        "input": {"shape": list(network.model_shape), "type": str(q.type), "rounding": q.rounding},
        "layers": layers,
        "total": {key: sum(layer[key] for layer in layers) for key in keys},
    }


def _layer(layer: NamedLayer, shape: Shape) -> dict[str, Any]:
    op = layer.op
    bits = op.weight_type.bits if op.weight_type else 0
    return {
        "name": layer.name,
        "op": type(op).__name__,
        "window": op.figures(None).get("window", ""),
        "elements_in": op.elements_in,
        "elements_out": op.elements_out,
        "output_shape": list(shape),
        "input_type": str(op.input_type),
        "output_type": str(op.output_type),
        "weight_type": str(op.weight_type or ""),
        "parameters": op.parameters,
        "bit_operations": op.operations * (op.input_type.bits if op.input_type else 0) * bits,
        "weight_bits": op.weight_bits,
    }
