"""The link of a design: its number, its pace, and room for frames that are ahead."""

from __future__ import annotations

import json
import zlib
from fractions import Fraction
from pathlib import Path

import pytest
from support.narrow import present
from support.networks import make_network

import bnngen
from bnngen.base.errors import UsageError
from bnngen.design import Design
from bnngen.emit.board_link import (
    board_link,
    line_bytes,
    line_cycles,
    line_fps,
    link_bytes,
    link_fps,
    link_rate,
)
from bnngen.emit.verilog import interface
from bnngen_boards.profile import load_board


@pytest.fixture(scope="module")
def design() -> Design:
    return bnngen.compile(make_network(0, [64, 32, 10], ["bipolar"] * 2), board="icebreaker", fps=20_000)


def test_the_number_is_that_of_the_verilog(design: Design, tmp_path: Path) -> None:
    text = design.write_verilog(tmp_path).read_bytes()
    link = json.loads((tmp_path / "interface.json").read_text())["link"]
    assert link == {
        "protocol": 2,
        "baud": 1_000_000,
        "cycles_per_bit": 30,
        "buffer_bytes": 512,
        "design": zlib.crc32(text),
        "ahead": 0,
    }


def test_the_line_s_pace(design: Design) -> None:
    """13 bytes of 5 bits in, 10 of scores out."""
    port, link = interface(design.schedule), present(board_link(design))
    assert line_bytes(port, 1) == (13, 10)
    assert line_bytes(port, 2) == (14, 14)
    assert line_cycles(port, link) == 14 * 10 * 30
    assert line_fps(port, link) == Fraction(1_000_000, 140)
    assert link_fps(design) == float(Fraction(1_000_000, 140))
    assert link_fps(design, 1) == float(Fraction(1_000_000, 130))


def test_a_long_pipeline_has_room_for_the_checks_of_its_frames() -> None:
    """Three layers of one neuron at a time, each nearly as long as a frame is on the line."""
    network = make_network(0, [24, 200, 200, 200, 10], ["bipolar"] * 4)
    slow = bnngen.compile(network, board="ulx3s_85f", fps=2_000)
    link = present(board_link(slow))
    pace = max(line_cycles(interface(slow.schedule), link), slow.cycles_per_frame)
    assert link.ahead == max(0, -(-slow.latency_cycles // pace) - 2)
    assert present(board_link(slow, 1)).ahead == 0


def test_boards_without_a_link(design: Design) -> None:
    without = bnngen.compile(design.schedule.network, board="zc706", fps=20_000)
    assert board_link(without) is None
    assert link_fps(without) is None
    board = load_board("icebreaker")
    fast = board.model_copy(update={"uart": present(board.uart).model_copy(update={"baud": 12_000_000})})
    assert board_link(bnngen.compile(design.schedule.network, board=fast, fps=20_000)) is None


def test_there_is_no_third_protocol(design: Design) -> None:
    with pytest.raises(UsageError, match=r"^the protocol of the link is one of 1, 2, not 3$"):
        board_link(design, 3)


def test_the_smallest_design_that_keeps_the_line_busy() -> None:
    """64 bits and a header in; ten scores of seven bits and a check out, which is more."""
    network = make_network(0, [64, 32, 10], ["bipolar"] * 2)
    assert link_rate(network, load_board("icebreaker")) == Fraction(1_000_000, 10 * (9 + 4))
    slow, fast = (bnngen.compile(network, board="icebreaker", fps=fps) for fps in ("link", "max"))
    link = present(board_link(slow))
    assert line_fps(interface(slow.schedule), link) <= slow.fps < fast.fps
    assert line_bytes(interface(slow.schedule), 2)[0] <= 14  # as many as an answer, a score a beat
    assert slow.resources.lut < fast.resources.lut
    with pytest.raises(UsageError, match=r"^board 'zc706' has no serial line whose rate could be asked for"):
        bnngen.compile(network, board="zc706", fps="link")


def test_bytes_that_bits_do_not_fill_are_left_out_where_they_would_slow_the_line() -> None:
    """A beat of two bits, which is enough for the rate, would make 48 bytes of 12."""
    network = make_network(0, [96, 16, 2], ["bipolar"] * 2)
    assert link_bytes(network) == 15
    design = bnngen.compile(network, board="icebreaker", fps="link")
    assert line_bytes(interface(design.schedule), 2)[0] <= 15 + 1
    ten = make_network(0, [64, 32, 10], ["bipolar"] * 2)
    assert link_bytes(ten) == 10 + 4 - 1  # the answer takes as long
