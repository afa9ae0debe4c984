"""A cocotb test bench for any built accelerator, and `run_cocotb`, which runs it in a process of its own.

Slower than the batch simulator by a factor of hundreds, but its streams come from an independent library
(cocotbext-axi) and it tests `frame_error`: use it on a few frames.
"""

from __future__ import annotations

import itertools
import logging
import os
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge, SimTimeoutError, with_timeout
from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner
from cocotbext.axi import AxiStreamBus, AxiStreamSink, AxiStreamSource
from numpy.typing import NDArray

from bnngen.base.cache import cached, content_key
from bnngen.base.errors import InterfaceError, SimulationError
from bnngen_sim.interface import Interface
from bnngen_sim.verilator import CACHE, TOP, check_place, find_tools, run_tool, source_files

_JOB = "BNNGEN_COCOTB_JOB"
_CLOCK_NS = 10
_BUILD_ARGS = ["-Wno-fatal", "-Wno-lint"]


@dataclass(frozen=True, eq=False)
class Job:
    """What the test bench does; it reaches the simulator's process as one npz file."""

    frames: NDArray[np.uint8]
    """The input's packed frames (N, beats, bytes), uint8."""
    expected: NDArray[np.uint8]
    """The output frames that must come, packed, (N, beats, bytes), uint8."""
    stall: float
    """Probability, in each cycle, of a gap on the input and of backpressure on the output."""
    seed: int
    """Chooses where they come."""
    watchdog_cycles: int
    """Cycles without an output frame that count as a deadlock."""

    def save(self, path: Path) -> None:
        """Writes the job to ``path``."""
        np.savez(path, **vars(self))

    @classmethod
    def load(cls, path: str | Path) -> Job:
        """Reads what `save` wrote."""
        with np.load(path) as data:
            return cls(
                data["frames"],
                data["expected"],
                float(data["stall"]),
                int(data["seed"]),
                int(data["watchdog_cycles"]),
            )


class TB:
    """Drives ``bnn_accelerator``: a source on s_axis, a sink on m_axis, and a watch on the rules between.

    A task fails the test if m_axis changes before its beat is taken, or if ``frame_error`` is high while
    ``error_allowed`` is false.
    """

    def __init__(self, dut: Any, job: Job) -> None:
        self.dut = dut
        self.job = job
        self.error_allowed = False
        Clock(dut.clk, _CLOCK_NS, unit="ns").start()
        self.source = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis"), dut.clk, dut.rst)
        self.sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), dut.clk, dut.rst)
        for number, end in enumerate((self.source, self.sink)):
            end.log.setLevel(logging.WARNING)  # it would print each frame
            if job.stall:
                end.set_pause_generator(self._pauses(2 * job.seed + number))
        cocotb.start_soon(self._watch())

    async def reset(self) -> None:
        """Holds ``rst`` high for four cycles."""
        self.dut.rst.value = 1
        await ClockCycles(self.dut.clk, 4)
        self.dut.rst.value = 0
        await ClockCycles(self.dut.clk, 2)

    def send(self, beats: NDArray[np.uint8]) -> None:
        """Queues beats (n, bytes); ``tlast`` marks the last of them."""
        self.source.send_nowait(beats.tobytes())

    async def receive(self, expected: NDArray[np.uint8]) -> None:
        """Waits for one output frame: it must be ``expected`` (beats, bytes), tlast at its last beat."""
        cycles = self.job.watchdog_cycles
        try:
            frame = await with_timeout(self.sink.recv(), cycles * _CLOCK_NS, "ns")
        except SimTimeoutError:
            raise AssertionError(f"deadlock: no frame came out in {cycles} cycles") from None
        beats = len(frame.tdata) // expected.shape[1]
        assert beats == len(expected), f"a frame of {len(expected)} beats had its tlast after {beats}"
        found, wanted = bytes(frame.tdata).hex(), expected.tobytes().hex()
        assert found == wanted, f"the frame's bytes are {found} and not {wanted}"

    def _pauses(self, seed: int) -> Iterator[bool]:
        rng = random.Random(seed)
        return (rng.random() < self.job.stall for _ in itertools.count())

    async def _watch(self) -> None:
        dut, held = self.dut, None
        while True:
            await RisingEdge(dut.clk)
            if dut.rst.value != 0:
                held = None
                continue
            assert self.error_allowed or dut.frame_error.value == 0, "frame_error was raised"
            offer = (dut.m_axis_tvalid.value, dut.m_axis_tdata.value, dut.m_axis_tlast.value)
            assert held in (None, offer), f"m_axis changed from {held} to {offer} before its beat was taken"
            held = offer if dut.m_axis_tvalid.value == 1 and dut.m_axis_tready.value == 0 else None


@cocotb.test()
async def frames_match(dut: Any) -> None:
    """All frames give the expected ones, and nothing comes after them."""
    job = Job.load(os.environ[_JOB])
    bench = TB(dut, job)
    await bench.reset()
    for frame in job.frames:
        bench.send(frame)
    for frame in job.expected:
        await bench.receive(frame)
    await ClockCycles(dut.clk, 64)
    assert bench.source.idle(), "not all of the input was taken"
    assert bench.sink.empty(), "a frame came after the last one"
    assert bench.sink.idle(), "beats came after the last frame"


@cocotb.test()
async def frame_error_is_sticky(dut: Any) -> None:
    """A tlast at a wrong beat raises frame_error until reset, and changes nothing else."""
    job = Job.load(os.environ[_JOB])
    beats = job.frames.shape[1]
    if beats == 1:
        return  # every beat is a last one: tlast has no wrong beat
    bench = TB(dut, job)
    pair = [0, 1 % len(job.frames)]
    data = job.frames[pair].reshape(2 * beats, -1)
    for cut in (beats - 1, beats + 1):
        bench.error_allowed = True
        await bench.reset()
        assert dut.frame_error.value == 0, "frame_error is high after the reset"
        bench.send(data[:cut])
        bench.send(data[cut:])
        for frame in job.expected[pair]:
            await bench.receive(frame)
        await ClockCycles(dut.clk, 4)
        assert dut.frame_error.value == 1, (
            f"frame_error is low after a tlast at beat {cut} (a frame has {beats})"
        )
    await bench.reset()
    bench.error_allowed = False
    bench.send(job.frames[0])
    await bench.receive(job.expected[0])


def run_cocotb(
    rtl_dir: str | Path,
    frames: NDArray[np.integer],
    expected: NDArray[np.integer],
    *,
    stall: float = 0.0,
    seed: int = 0,
    watchdog_cycles: int = 100_000,
) -> int:
    """Runs the test bench on the accelerator in ``rtl_dir``; returns how many tests passed.

    ``frames`` (N, input elements) and ``expected`` (N, output elements) are integers; ``stall``, ``seed``
    and ``watchdog_cycles`` are those of `Job`. Raises InterfaceError for unusable data, MissingToolError, and
    SimulationError with what failed.
    """
    if not 0 <= stall < 1:
        raise InterfaceError(f"stall must be a probability of at least 0 and below 1, not {stall}")
    if not 0 < len(frames) == len(expected):
        raise InterfaceError(f"{len(frames)} frames and {len(expected)} expected ones: they must be as many")
    folder, tools = Path(rtl_dir).resolve(), find_tools()
    _, *memories = source_files(folder)
    interface = Interface.load(folder / "interface.json")
    beats = interface.input.pack(frames), interface.output.pack(expected)
    with tempfile.TemporaryDirectory(prefix="bnngen-") as temporary:
        work = Path(temporary)
        for memory in memories:
            shutil.copy2(memory, work)
        Job(*beats, stall, seed, watchdog_cycles).save(work / "job.npz")
        # a process of its own: the runner changes the environment and behaves differently under pytest
        environment = {k: v for k, v in tools.environment.items() if k != "PYTEST_CURRENT_TEST"}
        command = [sys.executable, "-m", __name__, str(folder), temporary]
        run_tool(command, environment, work, f"{folder}: cocotb could not run:")
        return _read_results(folder, work / "results.xml")


def _read_results(folder: Path, results: Path) -> int:
    tests, failed = get_results(results)
    if failed or not tests:
        cases = ElementTree.parse(results).iter("testcase")
        reasons = [f"{case.get('name')}: {_text(part)}" for case in cases for part in case.iter("failure")]
        raise SimulationError("\n".join([f"{folder}: {failed} of {tests} cocotb tests failed", *reasons]))
    return int(tests)


def _text(failure: ElementTree.Element) -> str:
    """The reason: an error's own first line (more of them repeat the assertion), or a traceback's last."""
    if message := failure.get("message"):
        return message.splitlines()[0]
    return (failure.text or "no reason given").strip().splitlines()[-1]


def _build(folder: Path) -> Path:
    sources = source_files(folder)
    facts = (
        *find_tools().versions,
        cocotb.__version__,
        cocotb.__file__,
        *_BUILD_ARGS,
    )  # it links to cocotb's place
    key = content_key(sources, *facts)

    def build(work: Path, result: Path) -> None:
        check_place(work)
        verilog = shutil.copy2(sources[0], work)  # a makefile names it, and takes no space in its path
        get_runner("verilator").build(
            sources=[verilog],
            hdl_toplevel=TOP,
            build_dir=work,
            build_args=_BUILD_ARGS,
            timescale=("1ns", "1ps"),
        )
        shutil.copy2(work / TOP, result / TOP)

    return cached(f"{CACHE}/cocotb-{key}", build)


def _main(folder: Path, work: Path) -> None:
    """What the process started by `run_cocotb` does: builds, and leaves ``results.xml`` in ``work``."""
    entry = _build(folder)
    get_runner("verilator").test(
        test_module="bnngen_sim.cocotb_bench",
        hdl_toplevel=TOP,
        hdl_toplevel_lang="verilog",
        build_dir=entry,
        test_dir=work,
        results_xml=str(work / "results.xml"),
        extra_env={_JOB: str(work / "job.npz")},
    )


if __name__ == "__main__":
    # who asks this process to end does so with SIGTERM; its temporary folders go first
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _main(Path(sys.argv[1]), Path(sys.argv[2]))
