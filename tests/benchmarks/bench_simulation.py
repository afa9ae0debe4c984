"""How many clock cycles a second the Verilog runs at: the batch harness against cocotb."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from bench import DIGITS, Measured, Row, Settings, Table, benchmark
from numpy.typing import NDArray

import bnngen
from bnngen.base.processes import usable_cores
from bnngen.reference.network import Network
from bnngen_sim import simulate
from bnngen_sim.cocotb_bench import run_cocotb

BOARD = "icebreaker"
COCOTB = "cocotb bench"
LEAST_RATIO = 20
MOST_SECONDS = 60


@benchmark("simulation")
def simulation(settings: Settings) -> list[Table]:
    """Cycles a second of one simulator, of one on each core, and of cocotb, on the same Verilog."""
    path = DIGITS / "digits_1w1a.onnx"
    if settings.shared is not None:
        path = settings.shared / "models" / "tfc_1w1a_mnist.onnx"
    network = bnngen.load(path)
    codes = np.random.default_rng(0).choice([-1, 1], (settings.frames, network.elements_in))
    with tempfile.TemporaryDirectory() as folder:
        bnngen.compile(network, BOARD).write_verilog(folder)
        table = _table(Path(folder), network, codes, settings)
    table.title = f"Verilog of {path.stem} for the {BOARD}, {settings.frames:,} images"
    if settings.shared is None:
        table.notes.append("left out, for want of the shared models: tfc_1w1a_mnist")
    return [table]


def _table(rtl: Path, network: Network, codes: NDArray[Any], settings: Settings) -> Table:
    expected = network.run(codes)
    few = min(settings.frames // 2, 40)
    one, all_cores = "batch, 1 process", f"batch, {usable_cores()} cores"
    seconds: dict[str, list[float]] = {one: [], all_cores: [], COCOTB: []}
    for _ in range(settings.rounds + 1):
        for name, processes in ((one, 1), (all_cores, None)):
            result = simulate(rtl, codes, processes=processes)
            if not np.array_equal(result.outputs, expected):
                sys.exit("the Verilog's outputs are wrong")
            seconds[name].append(result.wall_s)
        less, more = (_cocotb_seconds(rtl, codes[:n], expected[:n]) for n in (few, 2 * few))
        seconds[COCOTB].append(more - less)
    cycles = {one: result.cycles, all_cores: result.cycles, COCOTB: few * result.cycles / len(codes)}
    # the first round built the simulators
    measured = {name: Measured(cycles[name], rounds[1:]) for name, rounds in seconds.items()}
    rows = [_row(name, measured[name], measured[COCOTB]) for name in (one, all_cores)]
    rows.append(Row(COCOTB, measured[COCOTB].rate, "cycles/s", 1.0))
    wall = result.cycles / measured[all_cores].rate
    rows.append(Row(f"all images, {all_cores}", wall, "s", None, f"< {MOST_SECONDS} s", wall < MOST_SECONDS))
    return Table("", COCOTB, rows)


def _row(name: str, batch: Measured, cocotb: Measured) -> Row:
    ratio = batch.ratio(cocotb)
    return Row(name, batch.rate, "cycles/s", ratio, f"≥ {LEAST_RATIO} x {COCOTB}", ratio >= LEAST_RATIO)


def _cocotb_seconds(rtl: Path, codes: NDArray[Any], expected: NDArray[Any]) -> float:
    """The whole process. Two of them that differ in the frames only tell what the frames take."""
    start = time.perf_counter()
    run_cocotb(rtl, codes, expected)
    return time.perf_counter() - start
