"""The netlist of a build computes what the golden model does, in as many cycles as were predicted."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from support.networks import make_network

from bnngen.api import compile, load
from bnngen.base.errors import DataError, SimulationError, UsageError
from bnngen.cost.option import Place
from bnngen.design import Design
from bnngen.reference.data_file import Data, load_data
from bnngen.reference.network import Network
from bnngen.schedule.planner import Schedule
from bnngen.toolflow.netlist import netlist_folder
from bnngen.toolflow.simulation import compare, random_frames, simulate_frames
from bnngen_boards.profile import load_board


def in_block_ram(network: Network, name: str) -> Design:
    """A small design with weights and lines in block RAM."""
    board, options = load_board(name), []
    for number, layer in enumerate(network.layers):
        every = layer.op.all_options(board, Place(first=number == 0))
        fitting = [o for o in every if o.cycles <= 500 and "block" in (o.rom_style, o.feed_style)]
        options.append(max(fitting, key=lambda o: (o.rom_style == "block", o.cycles)))
    return Design(Schedule(network, board, Fraction(25), tuple(options)))


@pytest.mark.parametrize("board", ["icebreaker", "ulx3s_85f", "pynq_z1"])
def test_the_netlist_is_exact(tmp_path: Path, board: str) -> None:
    network = make_network(0, [60, 20, 10], ["bipolar"] * 2)
    design = in_block_ram(network, board)
    report = design.build(tmp_path, until="synth").report
    assert report.synthesis is not None
    assert report.synthesis.accelerator.bram > 0
    data = random_frames(design.schedule.network, 20)
    with netlist_folder(tmp_path) as folder:
        result = simulate_frames(folder, data, stall=0.2, seed=1)
        assert np.array_equal(result.outputs, network.run(data.codes))
        free = simulate_frames(folder, data)
    assert (free.cycles_per_frame, free.latency_cycles) == (design.cycles_per_frame, design.latency_cycles)


def proved(design: Design, data: Data, out: Path) -> None:
    """The netlist of ``design`` does with ``data`` what was predicted; weights lie in block RAM."""
    report = design.build(out, until="synth").report
    assert report.synthesis is not None
    assert report.synthesis.accelerator.bram > 0
    with netlist_folder(out) as folder:
        result = simulate_frames(folder, data)
    predicted = (design.cycles_per_frame, design.latency_cycles)
    figures, _ = compare(design.schedule.network, data, result, predicted)
    assert (figures.mismatches, figures.as_predicted) == (0, True)


@pytest.mark.slow
def test_digits_on_a_7_series_board(digits: Path, tmp_path: Path) -> None:
    network = load(digits / "digits_1w1a.onnx")
    data = load_data(digits / "digits_test.npz", network)
    proved(compile(network, board="pynq_z1", fps=500_000), data, tmp_path)


@pytest.mark.slow
def test_a_larger_network_on_a_7_series_board(shared: Path, tmp_path: Path) -> None:
    design = compile(load(shared / "models" / "tfc_1w1a_mnist.onnx"), board="pynq_z1", fps=100_000)
    proved(design, random_frames(design.schedule.network, 3), tmp_path)


def test_what_has_no_netlist(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a build directory"), netlist_folder(tmp_path):
        pass
    design = in_block_ram(make_network(0, [60, 20, 10], ["bipolar"] * 2), "zc706")
    design.build(tmp_path, until="verilog")
    with pytest.raises(UsageError, match="run 'bnngen build' up to the step 'synth' first"):
        netlist_folder(tmp_path).__enter__()
    (tmp_path / "synth").mkdir()
    (tmp_path / "synth" / "bnn_accelerator_netlist.v").write_text("")
    report = tmp_path / "report.json"
    report.write_text(report.read_text().replace('"family": "xc7"', '"family": "gatemate"'))
    with pytest.raises(
        SimulationError,
        match=r"^netlists of family gatemate can't be simulated; those of ecp5, ice40, xc7 can$",
    ):
        netlist_folder(tmp_path).__enter__()
