"""Streams frames through a build's Verilog at full simulation speed, and measures its cycles."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import InterfaceError, SimulationError
from .interface import Interface, StreamFormat
from .verilator import Simulator, build_simulator

Progress = Callable[[int, int], None]

_LEAST_DISTANCES = 4


@dataclass(frozen=True, eq=False)
class BatchResult:
    """What came out of a simulation, and when.

    Attributes:
        outputs: integers (N, output elements), int64.
        cycles: clock cycles from the end of the reset to the last output beat.
        latency_cycles: from the cycle in which a frame's first input beat is taken to the one in which its
            last output beat is taken, both counted, with an idle pipeline and no stalls.
        cycles_per_frame: steady distance between the last output beats of successive frames; None with
            stalls, with too few frames (fewer than 5), or if the later half of the distances differ.
        first_input_cycle: for each frame, the cycle in which its first input beat was taken, int64 (N,).
        last_output_cycle: for each frame, the cycle in which its last output beat was taken, int64 (N,).
        wall_s: seconds that the simulation took, without building the simulator.
        cycles_per_second: simulated cycles in a second of that time.
    """

    outputs: NDArray[np.int64]
    cycles: int
    latency_cycles: int
    cycles_per_frame: int | None
    first_input_cycle: NDArray[np.int64]
    last_output_cycle: NDArray[np.int64]
    wall_s: float
    cycles_per_second: float


def simulate(
    rtl_dir: str | Path,
    frames: NDArray[np.integer],
    *,
    stall: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
    watchdog_cycles: int = 1_000_000,
) -> BatchResult:
    """Runs integers (N, input elements) through the accelerator in ``rtl_dir``, and checks its streams.

    ``stall`` (0 <= stall < 1) is the probability, in each cycle, of a gap on the input and of backpressure
    on the output; ``seed`` (64 bits) chooses where. ``progress(done, N)`` is called a few times a second.
    ``watchdog_cycles`` without a beat moved count as a deadlock.

    Raises InterfaceError for unusable data, MissingToolError, and SimulationError if the Verilog does not
    compile, deadlocks, breaks AXI4-Stream (a beat changes before it is taken, tlast at a wrong beat, pad bits
    set, too many beats) or raises frame_error.
    """
    if not 0 <= stall < 1:
        raise InterfaceError(f"stall must be a probability of at least 0 and below 1, not {stall}")
    if watchdog_cycles < 1:
        raise InterfaceError(f"watchdog_cycles must be at least 1, not {watchdog_cycles}")
    folder = Path(rtl_dir).resolve()
    interface = Interface.load(folder / "interface.json")
    beats = interface.input.pack(frames)
    if not len(frames):
        raise InterfaceError("frames must hold at least one frame")
    simulator = build_simulator(folder)
    check_widths(folder, interface, simulator)
    settings = (min(round(stall * 2**32), 2**32 - 1), seed % 2**64, watchdog_cycles)
    return _run(folder, interface, simulator, beats, settings, progress)


def check_widths(folder: Path, interface: Interface, simulator: Simulator) -> None:
    """Raises SimulationError if a ``tdata`` port is not as wide as ``interface`` says."""
    for port, stream in (("s_axis_tdata", interface.input), ("m_axis_tdata", interface.output)):
        if simulator.ports[port] != stream.tdata_bits:
            raise SimulationError(
                f"{folder}: port {port!r} has {simulator.ports[port]} bits, "
                f"but interface.json says {stream.tdata_bits}"
            )


def _run(
    folder: Path,
    interface: Interface,
    simulator: Simulator,
    beats: NDArray[np.uint8],
    settings: tuple[int, int, int],
    progress: Progress | None,
) -> BatchResult:
    shape = (len(beats), interface.output.beats_per_frame, interface.output.bytes_per_beat)
    with tempfile.TemporaryDirectory(prefix="bnngen-") as temporary:
        files = [Path(temporary, name) for name in ("input", "output", "times")]
        beats.tofile(files[0])
        numbers = [*beats.shape, *shape[1:], *settings]
        report = _execute([simulator.program, *files, *numbers], folder, len(beats), progress)
        output = np.fromfile(files[1], np.uint8).reshape(shape)
        first, last = np.fromfile(files[2], "<u8").astype(np.int64).reshape(2, -1)
    cycles, seconds = int(report["done"][0]), float(report["done"][1])
    return BatchResult(
        outputs=_unpack(folder, interface.output, output),
        cycles=cycles,
        latency_cycles=int(report["latency"][0]),
        cycles_per_frame=None if settings[0] else _steady_distance(last),
        first_input_cycle=first,
        last_output_cycle=last,
        wall_s=seconds,
        cycles_per_second=cycles / seconds,
    )


def _execute(
    command: Iterable[object], folder: Path, frames: int, progress: Progress | None
) -> dict[str, list[str]]:
    """Runs the simulator where its memory images are; returns the words of its last line of each kind."""
    report: dict[str, list[str]] = {}
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            [str(part) for part in command], cwd=folder, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                kind, *words = line.split()
                report[kind] = words
                if kind == "frames" and progress:
                    progress(int(words[0]), frames)
        except BaseException:
            process.kill()
            raise
        if process.wait():
            errors.seek(0)
            raise SimulationError(f"{folder}: {_reason(process.returncode, errors.read())}")
    if progress:
        progress(frames, frames)
    return report


def _reason(status: int, text: str) -> str:
    return text.strip() or f"the simulator ended with status {status}"


def _unpack(folder: Path, stream: StreamFormat, beats: NDArray[np.uint8]) -> NDArray[np.int64]:
    try:
        return stream.unpack(beats)
    except InterfaceError as error:
        raise SimulationError(f"{folder}: m_axis_tdata: {error}") from error


def _steady_distance(last_output: NDArray[np.int64]) -> int | None:
    distances = np.diff(last_output)
    if len(distances) < _LEAST_DISTANCES:
        return None
    later = distances[-max(_LEAST_DISTANCES, len(distances) // 2) :]
    return int(later[0]) if np.all(later == later[0]) else None
