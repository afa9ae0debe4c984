"""What `compile` adds to a plan: the whole design fits, and reaches the rate."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import floor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.networks import make_network

import bnngen
from bnngen.base.errors import FitError
from bnngen.design import Design
from bnngen.fit import CLOSE, _within_cycles
from bnngen.ir.window import Window
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import exact_array
from bnngen.ops.conv2d import Conv2d
from bnngen.ops.threshold import Threshold
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.network import Host, NamedLayer, Network
from bnngen.schedule.budget import available
from bnngen.schedule.planner import plan
from bnngen_boards.profile import Board, load_board


def convolutions(size: int, channels: list[int]) -> Network:
    """3 x 3 convolutions of bits behind an 8-bit image."""
    rng = np.random.default_rng(0)
    layers: list[NamedLayer] = []
    spatial: tuple[int, ...] = (size, size)
    type_ = first = IntType(-128, 127)
    for number, (columns, rows) in enumerate(pairwise(channels)):
        weights = rng.integers(0, 2, (rows, 9 * columns)) * 2 - 1
        activation = Threshold(rng.integers(-9, 9, (rows, 1)), np.zeros(rows, bool), BIPOLAR)
        conv = Conv2d(weights, Window.plain((3, 3)), spatial, type_, activation=activation)
        layers.append(NamedLayer(f"conv{number}", conv))
        spatial, type_ = conv.positions, BIPOLAR
    one, zero = exact_array(1), exact_array(0)
    quantizer = Quantizer(one, zero, "half_even", first)
    return Network((size, size, 1), quantizer, tuple(layers), Host(one, zero))


def test_the_lines_of_a_whole_design_fit_too() -> None:
    """A fast layer in front of a slow one: more words wait between them than two windows hold."""
    network, board = convolutions(28, [1, 32, 32, 48, 64]), load_board("icebreaker")
    assert Design(plan(network, board)).resources.bram > available(board).bram
    assert bnngen.compile(network, board).resources.bram <= available(board).bram


def test_what_does_not_fit_at_full_speed_loses_no_more_speed_than_it_must() -> None:
    """Nothing that fits and has a rate to reach is clearly faster than what has none."""
    network, board = convolutions(28, [1, 32, 40, 40]), load_board("icebreaker")
    fastest, found = Design(plan(network, board)), bnngen.compile(network, board)
    assert found.fps < fastest.fps
    slowest = int(found.cycles_per_frame * (1 - CLOSE))
    for cycles in range(fastest.cycles_per_frame, slowest, 200):
        faster = Design(plan(network, board, cycles=cycles))
        assert faster.resources.bram > available(board).bram


ECP5 = load_board("colorlight_5a75b_r7_0")


def changed(board: Board, **tables: dict[str, Any]) -> Board:
    """``board`` with other values in some of its tables."""
    contents = board.model_dump(by_alias=True)
    for table, values in tables.items():
        contents[table] |= values
    return Board.model_validate(contents)


@pytest.mark.parametrize("rate", [None, "max", 1000])
def test_a_serial_buffer_beyond_the_device(rate: Any) -> None:
    """128 KiB of bytes take 64 of 56 blocks, whatever of them the network takes: the check needs all."""
    board = changed(ECP5, uart={"buffer_bytes": 1 << 17})
    network = make_network(0, [1, 13, 7], ["bipolar"] * 2)
    with pytest.raises(
        FitError,
        match=r"^the network doesn't fit colorlight_5a75b_r7_0: the buffer of its serial link \(uart.buffer_bytes = 131,072\)"
        r" alone takes 64 of 56 DP16KD; give it a smaller buffer, or take a device with more block RAM$",
    ):
        bnngen.compile(network, board, rate)


@pytest.mark.parametrize("rate", [None, "max", 1000])
def test_a_device_without_block_ram(rate: Any) -> None:
    board = changed(ECP5, resources={"bram": ECP5.resources.bram.model_dump() | {"blocks": 0}})
    with pytest.raises(FitError, match=r"uart.buffer_bytes = 2,048\) alone takes 1 of 0 DP16KD"):
        bnngen.compile(make_network(0, [11, 13, 7], ["unsigned3", "bipolar"]), board, rate)


@pytest.mark.parametrize(("name", "fixed"), [("buffer_128k", "64 of 56"), ("no_bram", "1 of 0")])
def test_profiles_whose_fixed_costs_exceed_the_device(shared: Path, name: str, fixed: str) -> None:
    faults = shared / "cases" / "faults"
    network = bnngen.load(faults / "prime.onnx")
    with pytest.raises(FitError, match=f"the buffer of its serial link .* alone takes {fixed} DP16KD"):
        bnngen.compile(network, str(faults / f"{name}.toml"))


def test_lines_beyond_a_small_device_end_the_search() -> None:
    """What no layer can give up is not asked for again and again."""
    board = changed(load_board("icebreaker"), uart={"buffer_bytes": 512})
    small = changed(board, resources={"bram": board.resources.bram.model_dump() | {"blocks": 2}})
    with pytest.raises(FitError):
        bnngen.compile(convolutions(28, [1, 32, 32, 48, 64]), small, 10)


HERE = SimpleNamespace(network=None, clock_mhz=Fraction(1), board=SimpleNamespace(name="here"))


def made(cycles: int) -> Any:
    """What stands for a design: all that the search asks of one."""
    return SimpleNamespace(cycles_per_frame=cycles, fps=1e6 / cycles, schedule=HERE)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 5000), st.integers(0, 5000), st.floats(1, 3))
def test_the_smallest_design_that_reaches_a_rate(
    monkeypatch: pytest.MonkeyPatch, wanted: int, least: int, longer: float
) -> None:
    """Designs take some times the cycles that were asked for, and none exists for fewer than ``least``."""
    asked: list[int] = []

    def make(search: Any, rate: Fraction) -> Any:
        asked.append(floor(1_000_000 / rate))
        if asked[-1] < least:
            raise FitError("too few")
        return made(floor(asked[-1] * longer))

    monkeypatch.setattr("bnngen.fit._within_the_memory", make)
    reach = [c for c in range(max(1, least), wanted) if floor(c * longer) <= wanted][-1:]
    slow = made(4 * wanted)
    if reach:
        found = _within_cycles(plan, wanted, slow)
        assert found.cycles_per_frame == floor(reach[0] * longer)
    else:
        with pytest.raises(
            FitError, match=r"^that rate doesn't fit here at 1 MHz: the fastest design takes [\d,]+"
        ):
            _within_cycles(plan, wanted, slow)
    assert len(asked) <= 2 * wanted.bit_length() + 2
