"""A network fitted to a board: what it will cost, how fast it will be, and the way to make it real."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from numpy.typing import NDArray

from bnngen.data import Data, quantize
from bnngen.emit.chain import build_chain, input_lanes
from bnngen.emit.verilog import write_verilog
from bnngen.schedule.planner import Schedule
from bnngen.schedule.timing import cycles_per_frame, latency_cycles
from bnngen_hw.component import StreamComponent
from bnngen_sim.batch import BatchResult, Progress, simulate

if TYPE_CHECKING:
    from bnngen.build.pipeline import BuildResult, Watcher


@dataclass(frozen=True, eq=False)
class Design:
    """The result of fitting: a schedule, its components, and its exact timing."""

    schedule: Schedule

    @cached_property
    def chain(self) -> list[StreamComponent]:
        """The hardware components from port to port."""
        return build_chain(self.schedule)

    @cached_property
    def cycles_per_frame(self) -> int:
        """The exact distance of successive frames, in clock cycles, without stalls."""
        return cycles_per_frame(self.chain)

    @cached_property
    def latency_cycles(self) -> int:
        """Cycles from a frame's first input beat to its last output beat, both counted, when idle."""
        lanes = input_lanes(self.schedule)
        return latency_cycles(self.chain, -(-self.schedule.network.elements_in // lanes))

    @property
    def fifo_bits(self) -> int:
        """Bits of all buffers between the layers: input vectors and outputs that wait."""
        return sum(component.buffer_bits for component in self.chain)

    @property
    def fps(self) -> float:
        """Frames a second at the board's clock."""
        return float(self.schedule.clock_mhz * 1_000_000 / self.cycles_per_frame)

    def write_verilog(self, folder: str | Path) -> Path:
        """Write ``bnn_accelerator.v`` and ``interface.json`` into ``folder``; returns the Verilog's path."""
        return write_verilog(self.schedule, self.chain, Path(folder))

    def simulate(
        self, x: NDArray, stall: float = 0.0, seed: int = 0, progress: Progress | None = None
    ) -> BatchResult:
        """Run real inputs ``x`` (N, ...) through the design's Verilog in Verilator.

        ``stall`` is the probability, in each cycle, of a gap on the input and of backpressure on the output.
        """
        codes = quantize(x, self.schedule.network).reshape(len(x), -1)
        with TemporaryDirectory() as folder:
            self.write_verilog(folder)
            return simulate(folder, codes, stall=stall, seed=seed, progress=progress)

    def build(
        self,
        out: str | Path,
        until: str = "bitstream",
        data: Data | None = None,
        watcher: Watcher | None = None,
    ) -> BuildResult:
        """Run all steps up to ``until`` into the folder ``out``; see `bnngen.build.pipeline`."""
        from bnngen.build.pipeline import build

        return build(self, Path(out), until=until, data=data, watcher=watcher)
