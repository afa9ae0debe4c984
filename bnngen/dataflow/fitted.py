"""A network fitted to a board: its components, what they cost, and how fast they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from bnngen.cost.resources import Resources, memory_blocks
from bnngen.dataflow.components import build_dataflow, build_layers, input_lanes
from bnngen.dataflow.dataflow import Dataflow
from bnngen.dataflow.queues import with_queues
from bnngen.dataflow.ring_sizes import with_room
from bnngen.dataflow.rom_packing import LaidOut
from bnngen.dataflow.timing import cycles_per_frame, latency_cycles
from bnngen.ops.line_buffer import queue_luts
from bnngen.schedule.budget import host_link
from bnngen.schedule.planner import Schedule
from bnngen_hw.buffers.queued import Queued


@dataclass(frozen=True, eq=False)
class Fitted:
    """A schedule, its components, and their exact timing."""

    schedule: Schedule

    @cached_property
    def _laid_out(self) -> LaidOut:
        """The components of each layer with room for what waits, their ROMs in blocks."""
        schedule, beats = self.schedule, self._beats_in
        layers = with_queues(schedule, build_layers(schedule), beats)
        roomy = iter(with_room(build_dataflow(schedule, layers), beats).parts[1:])
        layers = [layer.mapped(lambda _: next(roomy)) for layer in layers]
        return LaidOut(layers, schedule.board.resources.bram)

    @cached_property
    def chain(self) -> Dataflow:
        """The hardware components from port to port, and who reads whom."""
        return build_dataflow(self.schedule, self._laid_out.layers)

    @cached_property
    def _plain(self) -> Dataflow:
        """The same, but for how ROMs are stored: enough to tell time and cost, and made sooner."""
        return build_dataflow(self.schedule, self._laid_out.plain)

    @property
    def rom_blocks(self) -> list[int]:
        """The block RAMs that each layer's weights and tables take. One that two of them share counts once:
        for the weights if it holds any, for the first layer."""
        return self._laid_out.rom_blocks

    @property
    def ring_blocks(self) -> list[int]:
        """The block RAMs that each layer's lines and queues take."""
        shapes = self.schedule.board.resources.bram.shapes
        return [
            sum(memory_blocks(*memory, shapes) for part in layer.parts for memory in part.block_rams)
            for layer in self._laid_out.plain
        ]

    @property
    def layer_blocks(self) -> list[int]:
        """The block RAMs that each layer takes."""
        found = zip(self.schedule.options, self.rom_blocks, self.ring_blocks, strict=True)
        return [
            o.resources.bram - o.rom_blocks - o.ring_blocks + roms + rings if o else 0
            for o, roms, rings in found
        ]

    @property
    def weight_blocks(self) -> list[int]:
        """Those that hold weights."""
        return self._laid_out.weight_blocks

    @property
    def resources(self) -> Resources:
        """The estimate for the whole design on its board. The block RAMs are exact."""
        schedule = self.schedule
        planned = schedule.resources
        exact = Resources(bram=sum(self.layer_blocks) - planned.bram)
        queues = [part for part in self._plain if isinstance(part, Queued)]
        extra = Resources(lut=sum(queue_luts(part.queue, schedule.board) for part in queues))
        return planned + host_link(schedule.board) + exact + extra

    @property
    def weight_bits_stored(self) -> int:
        """Bits of the weights that lie in block RAM, without padding."""
        layers = zip(self.schedule.network.layers, self.schedule.options, strict=True)
        return sum(layer.op.weight_bits for layer, option in layers if option and option.rom_style == "block")

    @property
    def weight_ram_bits(self) -> int:
        """Bits of the block RAMs that hold weights."""
        return sum(self.weight_blocks) * self.schedule.board.resources.bram.bits

    @property
    def weight_fill(self) -> float | None:
        """Stored weight bits over the bits of their block RAMs; None without such. Weights that are always
        equal are stored once, so it may be above 1."""
        return self.weight_bits_stored / self.weight_ram_bits if self.weight_ram_bits else None

    @cached_property
    def cycles_per_frame(self) -> int:
        """The exact distance of successive frames, in clock cycles, without stalls."""
        return cycles_per_frame(self._plain)

    @cached_property
    def latency_cycles(self) -> int:
        """Cycles from a frame's first input beat to its last output beat, both counted, when idle."""
        return latency_cycles(self._plain, self._beats_in)

    @property
    def _beats_in(self) -> int:
        """Input beats of a frame."""
        return -(-self.schedule.network.elements_in // input_lanes(self.schedule))

    @property
    def fifo_bits(self) -> int:
        """Bits of all buffers between the layers: input vectors and outputs that wait."""
        return sum(component.buffer_bits for component in self._plain)

    @property
    def fps(self) -> float:
        """Frames a second at the board's clock."""
        return float(self.schedule.clock_mhz * 1_000_000 / self.cycles_per_frame)
