"""A network in figures, for people and scripts."""

from __future__ import annotations

from bnngen.ir.graph import Shape
from bnngen.reference.network import NamedLayer, Network
from bnngen.reports.results import InputRecord, SummaryRecord, SummaryRow, TotalRecord

FLOAT32 = 32
"""Bits of a weight as most networks are stored."""


def summarize(network: Network) -> SummaryRecord:
    """Shapes, types, parameters, bit operations and weight memory of every layer, and in total."""
    layers = [_layer(*pair) for pair in zip(network.layers, network.shapes, strict=True)]
    q, parameters = network.quantizer, sum(layer.parameters for layer in layers)
    return SummaryRecord(
        title=f"input {network.model_shape}, {q.type}, rounding {q.rounding}",
        host=_output(network),
        input=InputRecord(shape=list(network.model_shape), type=str(q.type), rounding=q.rounding),
        layers=layers,
        total=TotalRecord(
            parameters=parameters,
            bit_operations=sum(layer.bit_operations for layer in layers),
            weight_bits=sum(layer.weight_bits for layer in layers),
            float32_bits=FLOAT32 * parameters,
        ),
        **network.names.listed(),
    )


def _output(network: Network) -> str:
    """What leaves the accelerator."""
    if network.class_index:
        return "output: class index"
    what = "class indices" if network.layers[-1].op.gives_class else "integers"
    return f"output: {network.elements_out} {what}"


def _layer(layer: NamedLayer, shape: Shape) -> SummaryRow:
    op = layer.op
    bits = op.weight_type.bits if op.weight_type else 0
    return SummaryRow(
        name=layer.name,
        op=op.kind,
        window=op.figures(None).get("window", ""),
        elements_in=op.elements_in,
        elements_out=op.elements_out,
        output_shape=list(shape),
        input_type=str(op.input_type),
        output_type=str(op.output_type),
        weight_type=str(op.weight_type or ""),
        parameters=op.parameters,
        bit_operations=op.operations * (op.input_type.bits if op.input_type else 0) * bits,
        weight_bits=op.weight_bits,
    )
