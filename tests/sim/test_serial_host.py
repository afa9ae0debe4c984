"""The host on a serial line, with boards that are a wire or worse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bnngen.base.errors import SimulationError
from bnngen_sim import Interface, Quantize, StreamFormat, simulate
from bnngen_sim.link import SerialLink
from bnngen_sim.serial_host import serial_host

STREAM = StreamFormat(7, 3, 8, False, "int", 24, "NC")
FRAMES = np.random.default_rng(0).integers(0, 256, (6, 7))


def board(
    folder: Path,
    tx: str,
    led: str = "1'b1",
    active_low: bool | None = True,
    link: SerialLink | None = None,
) -> Path:
    """A folder with a board whose pins ``tx`` and ``led`` are these expressions of ``rx`` and ``age``, the
    number of cycles."""
    interface = Interface(STREAM, STREAM, False, Quantize("1/1", "0/1", "half_even", 0, 255), link=link)
    top = "module top (input clk, rx, output tx, led);\nreg [31:0] age = 0; always @(posedge clk) age <= age + 1;"
    top += f"\nassign tx = {tx}, led = {led};\nendmodule\n"
    (folder / "bnn_accelerator.v").write_text(serial_host(interface, 5, 20, active_low) + top)
    (folder / "interface.json").write_text(interface.to_json())
    return folder


@pytest.mark.parametrize("stall", [0.0, 0.9])
def test_a_wire_sends_back_what_it_gets(tmp_path: Path, stall: float) -> None:
    result = simulate(board(tmp_path, "rx"), FRAMES, stall=stall)
    assert np.array_equal(result.outputs, FRAMES)
    # 9 bytes of 10 bits of 5 cycles
    assert result.latency_cycles >= 450
    if not stall:
        assert result.latency_cycles < 470


@pytest.mark.parametrize(
    ("tx", "led", "active_low"),
    [
        ("rx", "age < 1000", True),
        ("rx", "age > 1000", False),
        ("age < 1000 & rx", "1'b1", None),  # a break: a byte without a stop bit
    ],
)
def test_what_goes_wrong_is_a_frame_error(tmp_path: Path, tx: str, led: str, active_low: bool | None) -> None:
    folder = board(tmp_path, tx, led, active_low)
    with pytest.raises(SimulationError, match="frame_error was raised"):
        simulate(folder, FRAMES, watchdog_cycles=5000)


def test_a_check_that_does_not_fit_is_a_frame_error(tmp_path: Path) -> None:
    """A wire sends the header back for data, and data for the check."""
    folder = board(tmp_path, "rx", link=SerialLink(2, 1_000_000, 5, 64, 7))
    with pytest.raises(SimulationError, match="frame_error was raised"):
        simulate(folder, FRAMES, watchdog_cycles=5000)


def test_the_board_is_left_alone_until_it_is_ready(tmp_path: Path) -> None:
    """What its pins do during its reset means nothing."""
    result = simulate(board(tmp_path, "age < 20 ? 1'b0 : rx", "age > 20"), FRAMES)
    assert np.array_equal(result.outputs, FRAMES)
