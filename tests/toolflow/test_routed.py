"""What was routed computes what the golden model does, asked over its serial line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.networks import make_network

from bnngen.api import compile, load
from bnngen.base.errors import DataError, UsageError
from bnngen.reference.data_file import load_data
from bnngen.toolflow.routed import routed_folder
from bnngen.toolflow.simulation import random_frames, simulate_frames

FLIP = str.maketrans("01", "10")


def test_the_routed_board_is_exact(tmp_path: Path) -> None:
    network = make_network(0, [64, 32, 10], ["bipolar"] * 2)
    design = compile(network, board="icebreaker", fps=100_000)
    report = design.build(tmp_path).report
    assert report.synthesis is not None
    assert report.synthesis.accelerator.bram > 0
    data = random_frames(design.schedule.network, 5)
    with routed_folder(tmp_path) as folder:
        result = simulate_frames(folder, data, stall=0.2, seed=1)
    assert np.array_equal(result.outputs, network.run(data.codes))
    # the weights are what was routed: with others the answers are others
    routed = tmp_path / "pnr" / "routed.json"
    text, count = re.subn(
        r'("INIT_\w": ")([01x]+)', lambda m: m[1] + m[2].translate(FLIP), routed.read_text()
    )
    assert count
    routed.write_text(text)
    with routed_folder(tmp_path) as folder:
        assert not np.array_equal(simulate_frames(folder, data).outputs, result.outputs)


@pytest.mark.slow
@pytest.mark.parametrize("board", ["icebreaker", "ulx3s_85f", "upduino_v3"])
def test_digits(digits: Path, tmp_path: Path, board: str) -> None:
    """A trained network, and other boards: a PLL behind an ordinary pin, no LED."""
    network = load(digits / "digits_1w1a.onnx")
    data = load_data(digits / "digits_test.npz", network).first(20)
    compile(network, board=board, fps=20_000).build(tmp_path)
    with routed_folder(tmp_path) as folder:
        result = simulate_frames(folder, data)
    assert np.array_equal(result.outputs, network.run(data.codes))


@pytest.mark.slow
def test_a_board_without_a_pll(tmp_path: Path) -> None:
    network = make_network(0, [40, 20, 10], ["bipolar"] * 2)
    design = compile(network, board="icebreaker", fps=10_000, clock_mhz=12)
    design.build(tmp_path)
    assert "ICESTORM_PLL" not in (tmp_path / "pnr" / "routed.json").read_text()
    data = random_frames(design.schedule.network, 3)
    with routed_folder(tmp_path) as folder:
        assert np.array_equal(simulate_frames(folder, data).outputs, network.run(data.codes))


def test_what_was_not_routed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a build directory"), routed_folder(tmp_path):
        pass
    design = compile(make_network(0, [40, 20, 10], ["bipolar"] * 2), board="icebreaker", fps=100_000)
    design.build(tmp_path, until="verilog")
    with pytest.raises(UsageError, match="up to the step 'bitstream' first"), routed_folder(tmp_path):
        pass


def test_damaged_files_of_place_and_route(tmp_path: Path) -> None:
    compile(make_network(0, [40, 20, 10], ["bipolar"] * 2), board="icebreaker", fps=100_000).build(
        tmp_path, until="verilog"
    )
    for folder in ("pnr", "synth"):
        (tmp_path / folder).mkdir()
    serial = tmp_path / "synth" / "serial.json"
    pins = {"clk": "a", "rx": "b", "tx": "c"}
    serial.write_text(json.dumps({"pins": pins, "divisor": 30, "reset_cycles": 450, "led_active_low": None}))
    for text in ("{", "[]", '{"modules": {"top": 3}}', '{"modules": {"top": {"cells": {}, "ports": {}}}}'):
        (tmp_path / "pnr" / "routed.json").write_text(text)
        with (
            pytest.raises(DataError, match=r"routed.json' is damaged \(.*\); build again"),
            routed_folder(tmp_path),
        ):
            pass
    serial.unlink()
    with pytest.raises(
        DataError, match=r"can't read '.*serial.json': No such file or directory; build again"
    ):
        routed_folder(tmp_path).__enter__()
    report = tmp_path / "report.json"
    report.write_text(report.read_text().replace('"family": "ice40"', '"family": "xc7"'))
    with pytest.raises(
        UsageError, match="what is routed for family xc7 can't be simulated; for ice40, ecp5 it can"
    ):
        routed_folder(tmp_path).__enter__()


def test_how_a_host_reaches_the_board(synthesized: Callable[..., Any]) -> None:
    serial = json.loads((synthesized("icebreaker").folder / "serial.json").read_text())
    pins = {"clk": "clk12_0__io", "rx": "uart_0__rx__io", "tx": "uart_0__tx__io", "led": "led_0__io"}
    assert serial == {"pins": pins, "divisor": 30, "reset_cycles": 450, "led_active_low": True}
