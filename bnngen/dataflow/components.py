"""A schedule as hardware: the stream components between the two AXI4-Stream ports."""

from __future__ import annotations

from collections.abc import Sequence

from bnngen.cost.option import Option
from bnngen.dataflow.dataflow import Dataflow
from bnngen.dataflow.timing import cycles_per_frame
from bnngen.ops.components import Components
from bnngen.reference.network import NETWORK_INPUT
from bnngen.schedule.planner import Schedule
from bnngen_hw.beats import beat_count
from bnngen_hw.component import StreamComponent
from bnngen_hw.edges.axis import AxiStreamSink, AxiStreamSource


def input_lanes(schedule: Schedule) -> int:
    """Elements of an input beat: as many as the first layer that reads it takes at once."""
    reader = next(k for k, read in enumerate(schedule.network.sources) if NETWORK_INPUT in read)
    first = schedule.options[reader]
    return 1 if first is None else first.i_lanes


def output_lanes(schedule: Schedule) -> int:
    """Elements of an output beat: as many as the last layer makes at once."""
    return _lanes_out(schedule.options[-1])


def _lanes_out(option: Option | None) -> int:
    """Elements that a layer makes at once; one without choices makes one."""
    return 1 if option is None else option.folding.pe


def build_layers(schedule: Schedule) -> list[Components]:
    """The components of each layer of ``schedule``, made from the last one back: each has to know how evenly
    the next ones take its beats."""
    network = schedule.network
    outputs = list(map(_lanes_out, schedule.options))
    layers: dict[int, Components] = {}
    for number in reversed(range(len(network.layers))):
        readers = [k for k, read in enumerate(network.sources) if number in read]
        slack = max((layers[k].unevenness for k in readers), default=0)
        lanes = [input_lanes(schedule) if k == NETWORK_INPUT else outputs[k] for k in network.sources[number]]
        op, option = network.layers[number].op, schedule.options[number]
        layers[number] = op.components(option, lanes, schedule.board, slack)
    return [layers[number] for number in range(len(layers))]


def _sink(schedule: Schedule, layers: Sequence[Components]) -> AxiStreamSink:
    """The input port. Where nothing behind it can keep a frame's beats back from all who read them, nor
    stores whole frames, it spreads them over the time that a frame takes: else the queues would have to hold
    what comes in a burst."""
    network, lanes = schedule.network, input_lanes(schedule)
    readers = [k for k, read in enumerate(network.sources) for source in read if source == NETWORK_INPUT]
    whole = all(network.layers[k].op.stores_frames for k in readers)
    gap = 1
    if not whole and not (len(readers) == 1 and layers[readers[0]].parts[0].paces):
        period = cycles_per_frame(part for layer in layers for part in layer.parts)
        gap = max(1, period // beat_count(network.elements_in, lanes))
    return AxiStreamSink(network.elements_in, network.quantizer.type.bits, lanes, gap)


def build_dataflow(schedule: Schedule, layers: Sequence[Components]) -> Dataflow:
    """The components of ``schedule`` from the input port to the output port, ``layers`` in between."""
    network = schedule.network
    parts: list[StreamComponent] = [_sink(schedule, layers)]
    sources: list[tuple[int, ...]] = [()]

    def attach(row: Sequence[StreamComponent], *read: int) -> int:
        """Append a row whose first part reads these; returns the number of its last part."""
        for part in row:
            parts.append(part)
            sources.append(read)
            read = (len(parts) - 1,)
        return read[0]

    ends = {NETWORK_INPUT: 0}
    for number, layer in enumerate(layers):
        heads = [attach(head, ends[k]) for head, k in zip(layer.heads, network.sources[number], strict=True)]
        ends[number] = attach(layer.tail, *heads) if layer.tail else heads[0]
    source = AxiStreamSource(network.elements_out, network.output_type.bits, output_lanes(schedule))
    attach([source], ends[len(layers) - 1])
    return Dataflow(tuple(parts), tuple(sources))
