"""Arguments, results and the end of a batch simulation."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from bnngen_sim import InterfaceError, SimulationError, StreamFormat, simulate
from bnngen_sim.batch import _steady_distance, chunk_sizes

if TYPE_CHECKING:
    from tests.sim.conftest import Accelerator, Passthrough

STREAM = StreamFormat(5, 2, 7, True, "int", 16, "NC")


def test_progress_ends_with_all_frames(total: Accelerator) -> None:
    calls: list[tuple[int, int]] = []
    frames = total.frames(100)
    result = simulate(total.folder, frames, progress=lambda done, all_: calls.append((done, all_)))
    assert calls[-1] == (100, 100)
    assert result.cycles_per_second == result.cycles / result.wall_s > 0


@pytest.mark.parametrize(("count", "known"), [(1, None), (4, None), (5, 3)])
def test_steady_distance_needs_five_frames(total: Accelerator, count: int, known: int | None) -> None:
    result = simulate(total.folder, total.frames(count))
    assert result.cycles_per_frame == known
    assert result.latency_cycles == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stall": 1.0}, "stall must be a probability of at least 0 and below 1, not 1.0"),
        ({"stall": -0.1}, "stall must be a probability of at least 0 and below 1, not -0.1"),
        ({"stall": float("nan")}, "stall must be a probability of at least 0 and below 1, not nan"),
        ({"watchdog_cycles": 0}, "watchdog_cycles must be at least 1, not 0"),
        ({"processes": 0}, "processes must be at least 1, not 0"),
        ({"frames": np.zeros((0, 7), int)}, "frames must hold at least one frame"),
        ({"frames": np.full((1, 7), 128)}, "a value of this stream must be from -128 to 127, not 128"),
    ],
)
def test_unusable_arguments(total: Accelerator, options: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"frames": total.frames(1), **options}
    with pytest.raises(InterfaceError, match=f"^{message}$"):
        simulate(total.folder, arguments.pop("frames"), **arguments)


def test_stall_close_to_one_still_moves(total: Accelerator) -> None:
    simulate(total.folder, total.frames(2), stall=0.99, watchdog_cycles=100_000)
    with pytest.raises(SimulationError, match="deadlock"):
        simulate(total.folder, total.frames(2), stall=1 - 1e-12, watchdog_cycles=1000)


def test_a_wrong_width_in_interface_json(passthrough: Passthrough) -> None:
    accelerator = passthrough(STREAM)
    path = accelerator.folder / "interface.json"
    path.write_text(path.read_text().replace('"tdata_bits": 16', '"tdata_bits": 24'))
    with pytest.raises(
        SimulationError, match=r"port 's_axis_tdata' has 16 bits, but interface\.json says 24$"
    ):
        simulate(accelerator.folder, accelerator.frames(1))


def test_a_folder_without_interface(tmp_path: Path) -> None:
    with pytest.raises(InterfaceError, match=r"interface\.json: cannot be read"):
        simulate(tmp_path, np.zeros((1, 1), int))


@pytest.mark.parametrize("frames", [4, 300])
def test_an_interrupt_kills_the_simulators_and_leaves_no_files(
    passthrough: Passthrough, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frames: int
) -> None:
    accelerator = passthrough(STREAM, fault="deadlock")
    with pytest.raises(SimulationError):  # builds the simulator
        simulate(accelerator.folder, accelerator.frames(4), watchdog_cycles=100)
    started: list[subprocess.Popen[bytes]] = []

    class Recorded(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            started.append(self)

    def interrupt(done: int, frames: int) -> None:
        raise KeyboardInterrupt

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    monkeypatch.setattr("subprocess.Popen", Recorded)
    options: Any = {"progress": interrupt, "watchdog_cycles": 10**15, "processes": 3}
    with pytest.raises(KeyboardInterrupt):
        simulate(accelerator.folder, accelerator.frames(frames), **options)
    simulators = [process for process in started if "simulator" in str(process.args)]
    assert [process.returncode for process in simulators] == [-signal.SIGTERM] * (1 if frames == 4 else 3)
    assert list(scratch.iterdir()) == []


def test_a_simulator_that_crashes(total: Accelerator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk or a killed process: whatever ended it, the message names the folder."""

    def run(commands: Sequence[Sequence[str]], *rest: Any) -> object:
        return original([["/bin/sh", "-c", "kill -SEGV $$"] for _ in commands], *rest)

    from bnngen.base import processes
    from bnngen_sim import batch

    original = processes.run_programs
    monkeypatch.setattr(batch, "run_programs", run)
    with pytest.raises(SimulationError, match=r"rtl: the simulator ended with signal 11 \(SIGSEGV\)$"):
        simulate(total.folder, total.frames(1))


@pytest.mark.parametrize(
    ("frames", "sizes"),
    [(1, [1]), (127, [127]), (128, [64, 64]), (200, [66, 67, 67]), (1024, [64] * 16), (10_000, [625] * 16)],
)
def test_chunks_follow_from_the_number_of_frames(frames: int, sizes: list[int]) -> None:
    assert chunk_sizes(frames) == sizes
    assert sum(chunk_sizes(frames + 1)) == frames + 1


@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_the_result_does_not_depend_on_the_processes(total: Accelerator, stall: float) -> None:
    frames = total.frames(500)
    results = [simulate(total.folder, frames, stall=stall, seed=8, processes=n) for n in (1, 2, 16)]
    for result in results:
        assert np.array_equal(result.outputs, total.expected(frames))
        assert np.array_equal(result.first_input_cycle, results[0].first_input_cycle)
        assert np.array_equal(result.last_output_cycle, results[0].last_output_cycle)
        assert result.cycles == results[0].cycles
        assert result.cycles_per_frame == (None if stall else 3)


def test_chunks_have_a_reset_and_stalls_of_their_own(total: Accelerator) -> None:
    result = simulate(total.folder, total.frames(128))
    assert result.first_input_cycle[[0, 1, 64, 65]].tolist() == [0, 3, 0, 3]
    assert result.cycles == 2 * (63 * 3 + 4)
    stalled = simulate(total.folder, total.frames(128), stall=0.5).last_output_cycle
    assert not np.array_equal(stalled[:64], stalled[64:])


def test_one_unsteady_chunk_is_enough(total: Accelerator) -> None:
    steady = np.arange(0, 30, 3)
    assert _steady_distance([steady, steady + 5]) == 3
    assert _steady_distance([steady, np.arange(0, 40, 4)]) is None
    assert _steady_distance([steady, np.append(steady, 31)]) is None
    assert _steady_distance([steady, steady[:4]]) is None


@pytest.mark.parametrize("processes", [1, 3])
def test_errors_number_the_frames_of_the_whole_run(passthrough: Passthrough, processes: int) -> None:
    """Three chunks; the fault that comes earliest in the data counts, whichever simulator is the first to fail."""
    accelerator = passthrough(StreamFormat(1, 1, 8, False, "int", 8, "NC"))
    verilog = accelerator.folder / "bnn_accelerator.v"
    text = verilog.read_text()
    assert "error <= misplaced" in text
    verilog.write_text(
        text.replace("error <= misplaced", "error <= accept && s_axis_tdata == 99 || misplaced")
    )
    frames = np.arange(200)[:, None] % 90
    frames[[130, 133, 199]] = 99
    where = "frames 66 to 132, after a reset: cycle 65, output frame 130: frame_error was raised"
    with pytest.raises(SimulationError, match=where):
        simulate(accelerator.folder, frames, processes=processes)
    frames[130] = 0
    with pytest.raises(
        SimulationError, match=r"frames 133 to 199, .* cycle 1, output frame 133: frame_error"
    ):
        simulate(accelerator.folder, frames)


def test_a_deadlock_names_its_chunk(passthrough: Passthrough) -> None:
    accelerator = passthrough(STREAM, fault="deadlock")
    message = (
        r"rtl: frames 0 to 63, after a reset: cycle \d+, output frame 3: deadlock: no beat moved for 500 "
        "cycles; 3 of 64 frames went in and 3 of 64 frames came out$"
    )
    with pytest.raises(SimulationError, match=message):
        simulate(accelerator.folder, accelerator.frames(192), watchdog_cycles=500)


def test_faults_are_exit_status_1() -> None:
    assert SimulationError.exit_status == 1
