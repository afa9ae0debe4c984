"""A schedule as hardware: the row of stream components between the two AXI4-Stream ports."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from bnngen.ops.argmax import ArgMax
from bnngen.schedule.planner import Schedule
from bnngen_hw.axis import AxiStreamSink, AxiStreamSource
from bnngen_hw.component import StreamComponent

ARGMAX_LANES = 1
"""An argmax sends one class index a beat."""


def input_lanes(schedule: Schedule) -> int:
    """Elements of an input beat: as many as the first layer takes at once."""
    first = schedule.options[0]
    return 1 if first is None else first.i_lanes


def output_lanes(schedule: Schedule) -> int:
    """Elements of an output beat: as many as the last layer makes at once."""
    last = schedule.options[-1]
    return ARGMAX_LANES if last is None else last.folding.pe


def build_layers(schedule: Schedule) -> list[list[StreamComponent]]:
    """The components of each layer of ``schedule``, made from the last one back: each has to know how evenly
    the next one takes its beats."""
    outputs = [ARGMAX_LANES if option is None else option.folding.pe for option in schedule.options]
    lanes = [input_lanes(schedule), *outputs[:-1]]
    layers: list[list[StreamComponent]] = []
    slack = 0
    for layer, option, i_lanes in reversed(
        list(zip(schedule.network.layers, schedule.options, lanes, strict=True))
    ):
        if isinstance(layer.op, ArgMax):
            parts = layer.op.hardware(i_lanes)
        else:
            assert option is not None
            parts = layer.op.hardware(option, i_lanes, schedule.board.fabric, slack)
        slack = parts[0].unevenness
        layers.insert(0, parts)
    return layers


def build_chain(schedule: Schedule, layers: Sequence[Sequence[StreamComponent]]) -> list[StreamComponent]:
    """The components of ``schedule`` from the input port to the output port, ``layers`` in between."""
    network = schedule.network
    sink = AxiStreamSink(network.elements_in, network.quantizer.type.bits, input_lanes(schedule))
    source = AxiStreamSource(network.elements_out, network.output_type.bits, output_lanes(schedule))
    return [sink, *chain.from_iterable(layers), source]
