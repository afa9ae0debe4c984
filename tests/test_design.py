"""The Python interface, as README shows it."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from support.narrow import present
from support.networks import make_network

import bnngen
from bnngen.base.errors import DataError, FitError
from bnngen.cost.option import Place
from bnngen.design import Design
from bnngen.ir.window import Window
from bnngen.numbers.datatypes import BIPOLAR
from bnngen.numbers.exact import exact_array
from bnngen.ops.add import Add
from bnngen.ops.conv2d import Conv2d
from bnngen.ops.max_pool import MaxPool
from bnngen.ops.threshold import Threshold
from bnngen.reference.data_file import load_data
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.network import Host, NamedLayer, Network
from bnngen.schedule.planner import Schedule
from bnngen.toolflow.simulation import random_frames
from bnngen_boards.profile import load_board


@pytest.fixture(scope="module")
def network(digits: Path) -> Network:
    return bnngen.load(digits / "digits_1w1a.onnx")


def test_simulate_gives_the_golden_integers(network: Network, digits: Path) -> None:
    with np.load(digits / "digits_test.npz") as data:
        x = data["x"][:20]
    design = bnngen.compile(network, board="icebreaker", fps=20_000)
    result = design.simulate(x, stall=0.2, seed=3)
    assert np.array_equal(result.outputs, bnngen.golden(network, x))


def test_build_keeps_the_model_and_the_report(network: Network, digits: Path, tmp_path: Path) -> None:
    result = bnngen.compile(network, board="icebreaker").build(tmp_path / "out", until="verilog")
    assert result.holds
    assert (tmp_path / "out" / "model.onnx").read_bytes() == (digits / "digits_1w1a.onnx").read_bytes()
    assert json.loads((tmp_path / "out" / "report.json").read_text())["model"]["file"] == "digits_1w1a.onnx"


def test_a_network_without_a_file_can_be_built_too(network: Network, tmp_path: Path) -> None:
    bare = Network(network.input_shape, network.quantizer, network.layers, network.host)
    result = bnngen.compile(bare, board="icebreaker").build(tmp_path / "out", until="estimate")
    assert result.report.model.file is None
    assert not (tmp_path / "out" / "model.onnx").exists()
    assert "network on icebreaker" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize("fps", [1, 12_345, 200_000])
def test_a_wanted_rate_is_a_promise(network: Network, fps: int) -> None:
    assert bnngen.compile(network, board="icebreaker", fps=fps).fps >= fps


def test_a_board_may_be_its_profile(network: Network) -> None:
    board = load_board("icebreaker")
    named, given = (bnngen.compile(network, b, 20_000).schedule for b in ("icebreaker", board))
    assert (given.board, given.options) == (named.board, named.options)


def test_errors_are_the_project_s_own(network: Network, digits: Path) -> None:
    with pytest.raises(FitError):
        bnngen.compile(network, board="icebreaker", fps=1e9)
    with pytest.raises(DataError):
        load_data(digits / "digits_1w1a.onnx", network)
    with pytest.raises(AttributeError, match="no attribute 'from_keras'"):
        _ = bnngen.from_keras


def in_block_ram(network: Network, board: str) -> Design:
    """A small design with everything in block RAM that can be: the slowest in a few hundred cycles."""
    profile = load_board(board)
    options = []
    for number, layer in enumerate(network.layers):
        every = layer.op.all_options(profile, Place(first=number == 0))
        feed = "registers" if number else "block"
        fitting = [o for o in every if (o.rom_style, o.feed_style) == ("block", feed) and o.cycles <= 300]
        options.append(max(fitting, key=lambda o: o.cycles))
    return Design(Schedule(network, profile, Fraction(25), tuple(options)))


@pytest.mark.parametrize("board", ["icebreaker", "ulx3s_85f", "zc706"])
def test_block_rams_are_known_before_synthesis(tmp_path: Path, board: str) -> None:
    """All of them: weights, input vector, and the buffer of the serial link. Never more than planned."""
    design = in_block_ram(make_network(0, [120, 30, 20, 10], ["bipolar"] * 3), board)
    report = design.build(tmp_path / "out", until="synth").report
    assert report.synthesis is not None
    assert report.synthesis.bram == report.schedule.estimate.bram == design.resources.bram
    planned = [present(option).rom_blocks for option in design.schedule.options]
    assert all(a <= b for a, b in zip(design.rom_blocks, planned, strict=True))
    assert (sum(design.rom_blocks) < sum(planned)) == (board != "icebreaker")


@pytest.mark.parametrize("board", ["icebreaker", "ulx3s_85f", "zc706"])
def test_line_buffers_and_queues_are_known_before_synthesis(tmp_path: Path, board: str) -> None:
    """A convolution, a pool and a sum, with everything in block RAM."""
    rng, profile = np.random.default_rng(0), load_board(board)
    shape, same = (6, 5), Window((3, 3), (1, 1), (1, 1), (1, 1), (1, 1))
    activation = Threshold(rng.integers(-9, 9, (4, 1)), np.zeros(4, bool), BIPOLAR)
    conv = Conv2d(rng.choice([-1, 1], (4, 36)), same, shape, BIPOLAR, activation=activation)
    pool = MaxPool(same, shape, np.zeros(4, bool), BIPOLAR)
    add = Add((1, 1), (*shape, 4), (BIPOLAR, BIPOLAR))
    layers = (NamedLayer("conv", conv), NamedLayer("pool", pool), NamedLayer("add", add, (1, 0)))
    one, zero = exact_array(1), exact_array(0)
    network = Network((*shape, 4), Quantizer(one, zero, "sign", BIPOLAR), layers, Host(one, zero))
    every = (layer.op.all_options(profile, Place(first=k == 0)) for k, layer in enumerate(layers))
    options = (next(o for o in options if o.feed_style == "block" and o.cycles > 100) for options in every)
    design = Design(Schedule(network, profile, Fraction(25), tuple(options)))
    report = design.build(
        tmp_path / "out", until="synth", data=random_frames(design.schedule.network, 12)
    ).report
    assert report.simulation is not None
    assert (report.simulation.mismatches, report.simulation.as_predicted) == (0, True)
    assert min(design.ring_blocks) > 0
    assert report.synthesis is not None
    assert report.synthesis.bram == report.schedule.estimate.bram == design.resources.bram


def test_the_input_may_lie_in_single_port_memory(tmp_path: Path) -> None:
    network, profile = make_network(0, [120, 30, 10], ["bipolar"] * 2), load_board("icebreaker")
    first, last = (layer.op for layer in network.layers)
    feeds = (o for o in first.all_options(profile, Place(first=True)) if o.feed_style == "huge")
    option = next(o for o in feeds if o.folding.simd == 20 and o.rom_style == "block")
    design = Design(Schedule(network, profile, Fraction(25), (option, last.options(profile)[-1])))
    report = design.build(
        tmp_path / "out", until="synth", data=random_frames(design.schedule.network, 20)
    ).report
    assert report.simulation is not None
    assert (report.simulation.mismatches, report.simulation.as_predicted) == (0, True)
    assert report.synthesis is not None
    assert report.synthesis.spram == report.schedule.estimate.spram == 4
    assert report.synthesis.bram == report.schedule.estimate.bram


def test_the_fill_counts_only_weights_in_block_ram() -> None:
    design = bnngen.compile(make_network(0, [256, 64, 10], ["bipolar"] * 2), "icebreaker", fps=50_000)
    in_blocks = [present(o).rom_style == "block" for o in design.schedule.options]
    bits = [256 * 64, 64 * 10]
    assert design.weight_bits_stored == sum(b for b, stored in zip(bits, in_blocks, strict=True) if stored)
    assert design.weight_ram_bits == 4096 * sum(design.weight_blocks)
    assert design.weight_fill == design.weight_bits_stored / design.weight_ram_bits > 0.85
