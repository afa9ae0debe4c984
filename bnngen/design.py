"""A fitted network, and the ways to make it real."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from numpy.typing import NDArray

from bnngen.dataflow.fitted import Fitted
from bnngen.emit.board_link import board_link
from bnngen.emit.verilog import write_verilog
from bnngen.reference.data_file import Data, quantize
from bnngen.toolflow.pipeline import BuildResult, BuildWatcher, build
from bnngen_sim.batch import BatchResult, Progress, simulate
from bnngen_sim.link import CURRENT_PROTOCOL


class Design(Fitted):
    """The result of `bnngen.compile`."""

    def write_verilog(self, folder: str | Path, protocol: int = CURRENT_PROTOCOL) -> Path:
        """Write ``bnn_accelerator.v`` and ``interface.json`` into ``folder``; returns the Verilog's path.

        ``protocol`` is that of the board's serial link, 2 or 1.
        """
        return write_verilog(self.schedule, self.chain, Path(folder), board_link(self, protocol))

    def simulate(
        self, x: NDArray[Any], stall: float = 0.0, seed: int = 0, progress: Progress | None = None
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
        until: str | None = None,
        data: Data | None = None,
        watcher: BuildWatcher | None = None,
        cache: bool = True,
        protocol: int = CURRENT_PROTOCOL,
    ) -> BuildResult:
        """Run all steps up to ``until`` into the folder ``out``; see `bnngen.toolflow.pipeline`.

        None: as far as the board can. Without ``cache`` every tool runs. ``protocol`` is that of the board's
        serial link, 2 or 1.
        """
        return build(self, Path(out), until=until, data=data, watcher=watcher, cache=cache, protocol=protocol)
