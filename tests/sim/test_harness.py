"""The harness's streams: exact outputs at every width, hand-computed cycles, and every fault caught."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from bnngen_sim import SimulationError, StreamFormat, simulate

if TYPE_CHECKING:
    from tests.sim.conftest import Accelerator, Passthrough

STREAMS = [
    StreamFormat(1, 1, 8, False, "int", 8, "NC"),
    StreamFormat(5, 3, 1, True, "bipolar", 8, "NC"),
    StreamFormat(7, 3, 5, True, "int", 16, "NC"),
    StreamFormat(9, 4, 8, True, "int", 32, "NHWC"),
    StreamFormat(11, 4, 13, True, "int", 56, "NHWC"),
    StreamFormat(4, 1, 63, True, "int", 64, "NC"),
    StreamFormat(10, 9, 8, False, "int", 72, "NLC"),
    StreamFormat(12, 5, 17, True, "int", 88, "NHWC"),
    StreamFormat(450, 190, 1, True, "bipolar", 200, "NHWC"),
]
NARROW = StreamFormat(5, 2, 7, True, "int", 16, "NC")


@pytest.mark.parametrize("stream", STREAMS, ids=lambda s: f"{s.elements_per_frame}x{s.bits}in{s.tdata_bits}")
def test_outputs_are_exact_at_every_width(passthrough: Passthrough, stream: StreamFormat) -> None:
    accelerator = passthrough(stream, latency=2)
    frames = accelerator.frames(200)
    for stall, seed in ((0.0, 0), (0.3, 1), (0.9, 2)):
        result = simulate(accelerator.folder, frames, stall=stall, seed=seed)
        assert np.array_equal(result.outputs, accelerator.expected(frames))


@pytest.mark.parametrize(
    ("beats", "latency", "interval"), [(1, 1, 1), (1, 5, 1), (3, 1, 1), (4, 3, 2), (2, 9, 7)]
)
def test_cycles_are_those_computed_by_hand(
    passthrough: Passthrough, beats: int, latency: int, interval: int
) -> None:
    accelerator = passthrough(StreamFormat(beats, 1, 8, True, "int", 8, "NC"), latency, interval)
    result = simulate(accelerator.folder, accelerator.frames(12))
    assert result.latency_cycles == (beats - 1) * interval + latency + 1
    assert result.cycles_per_frame == beats * interval
    assert np.array_equal(result.first_input_cycle, np.arange(12) * beats * interval)
    assert np.array_equal(result.last_output_cycle, result.first_input_cycle + result.latency_cycles - 1)
    assert result.cycles == result.last_output_cycle[-1] + 1


def test_sum_of_a_partly_filled_frame(total: Accelerator) -> None:
    frames = total.frames(1000)
    result = simulate(total.folder, frames)
    assert np.array_equal(result.outputs, total.expected(frames))
    assert (result.latency_cycles, result.cycles_per_frame) == (4, 3)


def test_stalls_are_as_frequent_as_asked(passthrough: Passthrough) -> None:
    """With p = 1/2 on both sides of one register, its Markov chain gives 8/3 cycles a beat."""
    accelerator = passthrough(StreamFormat(1, 1, 8, True, "int", 8, "NC"))
    frames = accelerator.frames(20000)
    result = simulate(accelerator.folder, frames, stall=0.5, seed=3)
    assert result.cycles_per_frame is None
    assert 2.6 < result.cycles / len(frames) < 2.73
    again = simulate(accelerator.folder, frames, stall=0.5, seed=3)
    other = simulate(accelerator.folder, frames, stall=0.5, seed=4)
    assert np.array_equal(result.last_output_cycle, again.last_output_cycle)
    assert not np.array_equal(result.last_output_cycle, other.last_output_cycle)


@pytest.mark.parametrize(
    ("fault", "stall", "message"),
    [
        ("unstable_data", 0.3, "m_axis_tdata changed before the beat was taken"),
        ("valid_falls", 0.3, "m_axis_tvalid fell before the beat was taken"),
        ("unstable_tlast", 0.3, "m_axis_tlast is (low|high)"),
        ("valid_waits_for_ready", 0.3, "m_axis_tvalid depends on m_axis_tready in the same cycle"),
        ("tlast_early", 0, r"m_axis_tlast is high before the last beat of a frame \(beat 0\)"),
        ("tlast_missing", 0, r"m_axis_tlast is low at the last beat of a frame \(beat 2\)"),
        ("error_raised", 0, "frame_error was raised, although tlast came at every frame's last beat"),
        ("dirty_pad", 0, "m_axis_tdata: frame 0: bits that carry no element must be zero"),
        ("extra_beat", 0, "an output beat came after the last frame"),
    ],
)
def test_faults_are_caught(passthrough: Passthrough, fault: str, stall: float, message: str) -> None:
    accelerator = passthrough(NARROW, fault=fault)
    with pytest.raises(SimulationError, match=message):
        simulate(accelerator.folder, accelerator.frames(20), stall=stall)


def test_a_deadlock_names_the_frames_that_came_out(passthrough: Passthrough) -> None:
    accelerator = passthrough(NARROW, fault="deadlock")
    message = "deadlock: no beat moved for 500 cycles; 3 of 20 frames went in and 3 of 20 frames came out"
    with pytest.raises(SimulationError, match=message):
        simulate(accelerator.folder, accelerator.frames(20), watchdog_cycles=500)


def test_noise_without_tvalid_does_no_harm(passthrough: Passthrough) -> None:
    """tlast is high in every gap: an accelerator that ignores tvalid would raise frame_error."""
    accelerator = passthrough(NARROW)
    text = (accelerator.folder / "bnn_accelerator.v").read_text()
    assert "misplaced = accept &&" in text
    (accelerator.folder / "bnn_accelerator.v").write_text(
        text.replace("misplaced = accept &&", "misplaced =")
    )
    with pytest.raises(SimulationError, match="frame_error was raised"):
        simulate(accelerator.folder, accelerator.frames(20), stall=0.3)
