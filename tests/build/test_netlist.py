"""The netlist of a build computes what the golden model does, in as many cycles as were predicted."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bnngen.build.netlist import netlist_folder
from bnngen.build.pipeline import random_frames, simulate_frames
from bnngen.design import Design
from bnngen.errors import DataError, UsageError
from bnngen.network import Network
from bnngen.schedule.option import Place
from bnngen.schedule.planner import Schedule
from bnngen_boards.profile import load_board
from bnngen_sim.errors import SimulationError


def in_block_ram(network: Network, name: str) -> Design:
    """A small design with weights and lines in block RAM."""
    board, options = load_board(name), []
    for number, layer in enumerate(network.layers):
        every = layer.op.all_options(board, Place(first=number == 0))
        fitting = [o for o in every if o.cycles <= 500 and "block" in (o.rom_style, o.feed_style)]
        options.append(max(fitting, key=lambda o: (o.rom_style == "block", o.cycles)))
    return Design(Schedule(network, board, Fraction(25), tuple(options)))


@pytest.mark.parametrize("board", ["icebreaker", "ulx3s_85f"])
def test_the_netlist_is_exact(make_network: Callable[..., Network], tmp_path: Path, board: str) -> None:
    network = make_network(0, [60, 20, 10], ["bipolar"] * 2)
    design = in_block_ram(network, board)
    report = design.build(tmp_path, until="synth").report
    assert report.synthesis is not None
    assert report.synthesis["accelerator"]["bram"] > 0
    data = random_frames(design, 20)
    with netlist_folder(tmp_path) as folder:
        result = simulate_frames(folder, data, stall=0.2, seed=1)
        assert np.array_equal(result.outputs, network.run(data.codes))
        free = simulate_frames(folder, data)
    assert (free.cycles_per_frame, free.latency_cycles) == (design.cycles_per_frame, design.latency_cycles)


def test_what_has_no_netlist(make_network: Callable[..., Network], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a build directory"), netlist_folder(tmp_path):
        pass
    design = in_block_ram(make_network(0, [60, 20, 10], ["bipolar"] * 2), "zc706")
    design.build(tmp_path, until="verilog")
    with pytest.raises(UsageError, match="run 'bnngen build' up to the step 'synth' first"):
        netlist_folder(tmp_path).__enter__()
    (tmp_path / "synth").mkdir()
    (tmp_path / "synth" / "bnn_accelerator_netlist.v").write_text("")
    with pytest.raises(SimulationError, match="netlists of family xc7 can't be simulated"):
        netlist_folder(tmp_path).__enter__()
