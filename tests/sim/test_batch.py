"""Arguments, results and the end of a batch simulation."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from bnngen_sim import InterfaceError, SimulationError, StreamFormat, simulate

if TYPE_CHECKING:
    from conftest import Accelerator, Passthrough

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


def test_an_interrupt_kills_the_simulator_and_leaves_no_files(
    passthrough: Passthrough, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accelerator = passthrough(STREAM, fault="deadlock")
    frames = accelerator.frames(4)
    with pytest.raises(SimulationError):  # builds the simulator
        simulate(accelerator.folder, frames, watchdog_cycles=100)
    started: list[subprocess.Popen[str]] = []

    class Recorded(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            started.append(self)

    def interrupt(done: int, frames: int) -> None:
        raise KeyboardInterrupt

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    monkeypatch.setattr("bnngen_sim.batch.subprocess.Popen", Recorded)
    with pytest.raises(KeyboardInterrupt):
        simulate(accelerator.folder, frames, progress=interrupt, watchdog_cycles=10**15)
    assert started[-1].returncode == -9
    assert list(scratch.iterdir()) == []


def test_a_simulator_that_crashes(total: Accelerator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk or a killed process: whatever ended it, the message names the folder."""

    def execute(command: list[object], *rest: Any) -> object:
        return original(["/bin/sh", "-c", "kill -SEGV $$"], *rest)

    from bnngen_sim import batch

    original = batch._execute
    monkeypatch.setattr(batch, "_execute", execute)
    with pytest.raises(SimulationError, match=r"rtl: the simulator ended with status -11$"):
        simulate(total.folder, total.frames(1))


def test_faults_are_exit_status_1() -> None:
    assert SimulationError.exit_status == 1
