"""Streams frames through a build's Verilog at full simulation speed, and measures its cycles."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import InterfaceError, SimulationError
from bnngen.base.processes import ProgramError, run_programs, usable_cores
from bnngen_sim.interface import Interface
from bnngen_sim.stream_format import StreamFormat
from bnngen_sim.verilator import Simulator, build_simulator

Progress = Callable[[int, int], None]

_LEAST_DISTANCES = 4
_CHUNK_FRAMES = 64
_MOST_CHUNKS = 16
_SEED_STEP = 0xD1342543DE82EF95


@dataclass(frozen=True, eq=False)
class BatchResult:
    """What came out of a simulation, and when.

    128 frames or more are simulated in chunks (`chunk_sizes`), side by side, each after a reset of its own.
    """

    outputs: NDArray[np.int64]
    """Integers (N, output elements), int64."""
    cycles: int
    """Clock cycles from the end of the reset to the last output beat, of all chunks together."""
    latency_cycles: int
    """From the cycle in which a frame's first input beat is taken to the one in which its last output
    beat is taken, both counted, with an idle pipeline and no stalls.
    """
    cycles_per_frame: int | None
    """Steady distance between the last output beats of successive frames; None with stalls, with too few
    frames (fewer than 5), or if in any chunk the later half of the distances differ.
    """
    first_input_cycle: NDArray[np.int64]
    """For each frame, the cycle in which its first input beat was taken, counted from the end of its
    chunk's reset, int64 (N,).
    """
    last_output_cycle: NDArray[np.int64]
    """The same for its last output beat."""
    wall_s: float
    """Seconds that the simulation took, without building the simulator."""
    cycles_per_second: float
    """Simulated cycles, of all chunks, in a second of that time."""


def simulate(
    rtl_dir: str | Path,
    frames: NDArray[np.integer],
    *,
    stall: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
    watchdog_cycles: int = 1_000_000,
    processes: int | None = None,
) -> BatchResult:
    """Runs integers (N, input elements) through the accelerator in ``rtl_dir``, and checks its streams.

    ``stall`` (0 <= stall < 1) is the probability, in each cycle, of a gap on the input and of backpressure
    on the output; ``seed`` (64 bits) chooses where. ``progress(done, N)`` is called several times a second.
    ``watchdog_cycles`` without a beat moved count as a deadlock. At most ``processes`` simulators run at
    once, by default one for each core; nothing but the seconds depends on that, or on the machine.

    Raises InterfaceError for unusable data, MissingToolError, and SimulationError if the Verilog does not
    compile, deadlocks, breaks AXI4-Stream (a beat changes before it is taken, tlast at a wrong beat, pad bits
    set, too many beats) or raises frame_error.
    """
    if not 0 <= stall < 1:
        raise InterfaceError(f"stall must be a probability of at least 0 and below 1, not {stall}")
    for name, number in (("watchdog_cycles", watchdog_cycles), ("processes", processes)):
        if number is not None and number < 1:
            raise InterfaceError(f"{name} must be at least 1, not {number}")
    folder = Path(rtl_dir).resolve()
    interface = Interface.load(folder / "interface.json")
    beats = interface.input.pack(frames)
    if not len(frames):
        raise InterfaceError("frames must hold at least one frame")
    simulator = build_simulator(folder)
    check_widths(folder, interface, simulator)
    run = _Run(folder, interface, simulator, chunk_sizes(len(beats)), processes or usable_cores(), progress)
    return run.simulate(beats, min(round(stall * 2**32), 2**32 - 1), seed, watchdog_cycles)


def chunk_sizes(frames: int) -> list[int]:
    """How many frames each chunk of a simulation holds: at most 16 chunks, of nearly equal size, and none of
    fewer than 64 frames unless it is the only one."""
    chunks = min(_MOST_CHUNKS, max(1, frames // _CHUNK_FRAMES))
    return [frames * (i + 1) // chunks - frames * i // chunks for i in range(chunks)]


def check_widths(folder: Path, interface: Interface, simulator: Simulator) -> None:
    """Raises SimulationError if a ``tdata`` port is not as wide as ``interface`` says."""
    for port, stream in (("s_axis_tdata", interface.input), ("m_axis_tdata", interface.output)):
        if simulator.ports[port] != stream.tdata_bits:
            raise SimulationError(
                f"{folder}: port {port!r} has {simulator.ports[port]} bits, "
                f"but interface.json says {stream.tdata_bits}"
            )


@dataclass(frozen=True, eq=False)
class _Run:
    """One simulation: a process for each chunk of the frames."""

    folder: Path
    interface: Interface
    simulator: Simulator
    sizes: list[int]
    processes: int
    progress: Progress | None

    def simulate(self, beats: NDArray[np.uint8], stall: int, seed: int, watchdog: int) -> BatchResult:
        """``beats`` (N, beats, bytes); ``stall`` in units of 2**-32."""
        with tempfile.TemporaryDirectory(prefix="bnngen-") as temporary:
            beats.tofile(Path(temporary, "input"))
            commands = [
                self._command(Path(temporary), i, [stall, (seed + i * _SEED_STEP) % 2**64, watchdog])
                for i in range(len(self.sizes))
            ]
            start = time.perf_counter()
            reports = self._execute(commands)
            seconds = time.perf_counter() - start
            outputs = np.concatenate([self._output(Path(temporary), i) for i in range(len(self.sizes))])
            times = [self._times(Path(temporary), i) for i in range(len(self.sizes))]
        cycles = sum(int(report["done"][0]) for report in reports)
        first, last = np.concatenate(times, axis=1)
        return BatchResult(
            outputs=_unpack(self.folder, self.interface.output, outputs),
            cycles=cycles,
            latency_cycles=int(reports[0]["latency"][0]),
            cycles_per_frame=None if stall else _steady_distance([last for _, last in times]),
            first_input_cycle=first,
            last_output_cycle=last,
            wall_s=seconds,
            cycles_per_second=cycles / seconds,
        )

    def _command(self, temporary: Path, chunk: int, settings: list[int]) -> list[str]:
        files = [temporary / "input", temporary / f"output{chunk}", temporary / f"times{chunk}"]
        frames = [self._first(chunk), self.sizes[chunk]]
        streams = (self.interface.input, self.interface.output)
        shapes = [n for stream in streams for n in (stream.beats_per_frame, stream.bytes_per_beat)]
        return [str(part) for part in (self.simulator.program, *files, *frames, *shapes, *settings)]

    def _first(self, chunk: int) -> int:
        return sum(self.sizes[:chunk])

    def _execute(self, commands: list[list[str]]) -> list[dict[str, list[str]]]:
        """Runs the simulators where their memory images are."""
        done = [0] * len(commands)

        def watch(chunk: int, kind: str, words: list[str]) -> None:
            if kind in ("frames", "done") and self.progress:
                done[chunk] = self.sizes[chunk] if kind == "done" else int(words[0])
                self.progress(sum(done), sum(self.sizes))

        try:
            return run_programs(commands, self.folder, self.processes, watch)
        except ProgramError as error:
            raise SimulationError(f"{self.folder}: {self._where(error.index)}{error}") from None

    def _where(self, chunk: int) -> str:
        if len(self.sizes) == 1:
            return ""
        first = self._first(chunk)
        return f"frames {first} to {first + self.sizes[chunk] - 1}, after a reset: "

    def _output(self, temporary: Path, chunk: int) -> NDArray[np.uint8]:
        stream = self.interface.output
        shape = (self.sizes[chunk], stream.beats_per_frame, stream.bytes_per_beat)
        return np.fromfile(temporary / f"output{chunk}", np.uint8).reshape(shape)

    def _times(self, temporary: Path, chunk: int) -> NDArray[np.int64]:
        """(2, frames): the cycles of the first input beats and of the last output beats."""
        return np.fromfile(temporary / f"times{chunk}", "<u8").astype(np.int64).reshape(2, -1)


def _unpack(folder: Path, stream: StreamFormat, beats: NDArray[np.uint8]) -> NDArray[np.int64]:
    try:
        return stream.unpack(beats)
    except InterfaceError as error:
        raise SimulationError(f"{folder}: m_axis_tdata: {error}") from error


def _steady_distance(last_output: list[NDArray[np.int64]]) -> int | None:
    """The distance that the later outputs of every chunk have, if they all have the same."""
    found = set()
    for distances in map(np.diff, last_output):
        if len(distances) < _LEAST_DISTANCES:
            return None
        found.update(distances[-max(_LEAST_DISTANCES, len(distances) // 2) :].tolist())
    return found.pop() if len(found) == 1 else None
