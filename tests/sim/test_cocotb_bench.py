"""The cocotb bench passes good accelerators, and fails each broken one for the right reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from bnngen_sim import InterfaceError, SimulationError, StreamFormat
from bnngen_sim.cocotb_bench import run_cocotb

if TYPE_CHECKING:
    from tests.sim.conftest import Accelerator, Passthrough

NARROW = StreamFormat(5, 2, 7, True, "int", 16, "NC")
SINGLE = StreamFormat(2, 2, 8, True, "int", 16, "NC")
WIDE = StreamFormat(450, 190, 1, True, "bipolar", 200, "NHWC")


@pytest.mark.parametrize("stream", [NARROW, SINGLE, WIDE], ids=lambda s: f"{s.tdata_bits}")
@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_a_good_accelerator_passes(passthrough: Passthrough, stream: StreamFormat, stall: float) -> None:
    accelerator = passthrough(stream, latency=3)
    frames = accelerator.frames(10)
    assert run_cocotb(accelerator.folder, frames, accelerator.expected(frames), stall=stall, seed=5) == 2


def test_memory_images_are_found(total: Accelerator) -> None:
    frames = total.frames(20)
    assert run_cocotb(total.folder, frames, total.expected(frames), stall=0.2) == 2


def test_a_wrong_output_fails(total: Accelerator) -> None:
    frames = total.frames(5)
    expected = total.expected(frames)
    expected[4] += 1
    with pytest.raises(
        SimulationError, match=r"(?s)1 of 2 cocotb tests failed\nframes_match: the frame's bytes are"
    ):
        run_cocotb(total.folder, frames, expected)


@pytest.mark.parametrize(
    ("fault", "stall", "message"),
    [
        ("unstable_data", 0.4, "m_axis changed from"),
        ("unstable_tlast", 0.4, "m_axis changed from"),
        ("valid_falls", 0.4, "m_axis changed from"),
        ("tlast_early", 0.0, "a frame of 3 beats had its tlast after 1"),
        ("deadlock", 0.0, "frames_match: deadlock: no frame came out in 500 cycles"),
        ("extra_beat", 0.0, "frames_match: .*beats came after the last frame|had its tlast after"),
        ("error_raised", 0.0, "frames_match: frame_error was raised"),
        (
            "error_missing",
            0.0,
            r"frame_error_is_sticky: frame_error is low after a tlast at beat 2 \(a frame has 3\)",
        ),
        ("error_forgotten", 0.0, "frame_error_is_sticky: frame_error is low after a tlast at beat 2"),
        ("trusts_tlast", 0.0, "frame_error_is_sticky: a frame of 3 beats had its tlast after 2"),
    ],
)
def test_faults_are_caught(passthrough: Passthrough, fault: str, stall: float, message: str) -> None:
    accelerator = passthrough(NARROW, fault=fault)
    frames = accelerator.frames(10)
    with pytest.raises(SimulationError, match=message):
        run_cocotb(accelerator.folder, frames, accelerator.expected(frames), stall=stall, watchdog_cycles=500)


def test_unusable_arguments(total: Accelerator) -> None:
    frames = total.frames(2)
    with pytest.raises(InterfaceError, match=r"^2 frames and 1 expected ones: they must be as many$"):
        run_cocotb(total.folder, frames, total.expected(frames[:1]))
    with pytest.raises(InterfaceError, match=r"^stall must be a probability"):
        run_cocotb(total.folder, frames, total.expected(frames), stall=1.0)


def test_verilog_that_does_not_build(total: Accelerator) -> None:
    (total.folder / "bnn_accelerator.v").write_text("module bnn_accelerator (")
    frames = total.frames(1)
    with pytest.raises(SimulationError, match=r"(?s)cocotb could not run:\n"):
        run_cocotb(total.folder, frames, np.zeros((1, 1), int))
