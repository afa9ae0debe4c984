"""Runs a board's whole design in Verilator, its serial line behind a TCP port."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bnngen.base.errors import SimulationError, UsageError
from bnngen.base.program import how_it_ended, running
from bnngen_sim.verilator import build_program

TOP = "board"
"""The Verilog module around the accelerator: ``clk``, ``rst``, ``rx``, ``tx``, ``fault``."""
HARNESS = Path(__file__).with_suffix(".cpp")


@dataclass(frozen=True)
class VirtualBoard:
    """A board that runs. ``port`` is the TCP port of its serial line, at ``host``."""

    host: str
    port: int
    process: subprocess.Popen[bytes]

    def wait(self) -> None:
        """Returns when the program ends, by a fault or a signal. Raises SimulationError."""
        status = self.process.wait()
        raise SimulationError(f"the virtual board ended: {how_it_ended(status)}")


@contextmanager
def virtual_board(
    rtl_dir: str | Path, around: str, cycles_per_bit: int, host: str = "127.0.0.1", port: int = 0
) -> Iterator[VirtualBoard]:
    """Inside, the accelerator in ``rtl_dir`` runs within the Verilog ``around``, a module `TOP`, and listens
    at ``host``; port 0 is one that the system chooses.

    Raises UsageError if it can't listen there, and as `build_program`.
    """
    program = build_program(rtl_dir, around, TOP, HARNESS)
    command = [str(program), host, str(port), str(cycles_per_bit)]
    with (
        tempfile.TemporaryFile() as errors,
        # where its memory images are
        running(command, Path(rtl_dir), stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        assert process.stdout is not None
        with process.stdout as output:
            words = output.readline().split()
        if len(words) != 2:
            process.wait()
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip()
            raise UsageError(f"no virtual board at {host}, port {port}: {said or 'it ended at once'}")
        yield VirtualBoard(host, int(words[1]), process)
