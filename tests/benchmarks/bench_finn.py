"""FINN's published dense designs, at their frame rates, for their chip: LUTs and block RAM by yosys.

The figures are those of Umuroglu et al., FINN (FPGA 2017), tables 2 and 3, for the ZC706 at 200 MHz. Weights and thresholds
here are random: what the hardware costs depends on their number, not on what they mean.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from bench import Row, Settings, Table, benchmark

import bnngen
from bnngen.build.pipeline import random_frames
from bnngen.datatypes import BIPOLAR
from bnngen.exact import exact_array
from bnngen.network import Host, NamedLayer, Network
from bnngen.ops.dense import Dense
from bnngen.ops.threshold import Threshold
from bnngen.quantizer import Quantizer

BOARD = "zc706"
FRAMES = 40
LUT_SHARE = 0.6
"""The part of the published LUTs that ours may take."""
MOST_LEVELS = 6
"""LUTs between two registers that 200 MHz allow on this chip."""


@dataclass(frozen=True)
class Published:
    """A published design: its layers, frames a second, LUTs and RAMB36."""

    name: str
    sizes: Sequence[int]
    fps: float
    luts: int
    bram36: float


DESIGNS = [
    Published("SFC-max", (784, 256, 256, 256, 10), 12.36e6, 91_131, 4.5),
    Published("LFC-max", (784, 1024, 1024, 1024, 10), 1.56e6, 82_988, 396),
]


def random_network(sizes: Sequence[int]) -> Network:
    """A bipolar network whose thresholds split the sums of random inputs about evenly."""
    rng, layers = np.random.default_rng(1), []
    for number, (columns, rows) in enumerate(pairwise(sizes), 1):
        weights = rng.integers(0, 2, (rows, columns)) * 2 - 1
        spread = int(columns**0.5)
        thresholds = Threshold(rng.integers(-spread, spread + 1, (rows, 1)), np.zeros(rows, bool), BIPOLAR)
        last = number == len(sizes) - 1
        layers.append(NamedLayer(f"fc{number}", Dense(weights, BIPOLAR, None if last else thresholds)))
    one, zero = exact_array(1), exact_array(0)
    return Network((sizes[0],), Quantizer(one, zero, "sign", BIPOLAR), tuple(layers), Host(one, zero))


@benchmark("finn", slow=True)
def finn(settings: Settings) -> list[Table]:
    """Our designs at the published rates, proved in Verilator and synthesised."""
    return [_table(published) for published in DESIGNS]


def _table(published: Published) -> Table:
    design = bnngen.compile(random_network(published.sizes), BOARD, fps=published.fps)
    with tempfile.TemporaryDirectory() as out:
        report = design.build(out, until="synth", data=random_frames(design, FRAMES)).report
    simulation, synthesis = report.simulation, report.synthesis
    if simulation["mismatches"] or not simulation["as_predicted"]:
        sys.exit(f"{published.name}: the Verilog differs from the golden model: {simulation}")
    table = Table(f"{published.name} on {BOARD}, {FRAMES} frames exact in Verilator", "FINN, FPGA 2017")
    luts, bram, levels = synthesis["lut"], synthesis["bram"] / 2, synthesis["lut_levels"]
    table.rows = [
        Row("FINN: LUTs", published.luts, "LUT", 1.0),
        _row(
            "LUTs",
            luts,
            "LUT",
            luts / published.luts,
            f"<= {LUT_SHARE:.0%}",
            luts <= LUT_SHARE * published.luts,
        ),
        Row("FINN: block RAM", published.bram36, "RAMB36", 1.0),
        _row("block RAM", bram, "RAMB36", bram / published.bram36, "no more", bram <= published.bram36),
        Row("FINN: frame rate", published.fps, "frames/s", 1.0),
        _row(
            "frame rate",
            design.fps,
            "frames/s",
            design.fps / published.fps,
            "no less",
            design.fps >= published.fps,
        ),
        _row("LUT levels between registers", levels, "", None, f"<= {MOST_LEVELS}", levels <= MOST_LEVELS),
    ]
    return table


def _row(what: str, figure: float, unit: str, ratio: float | None, target: str, met: bool) -> Row:
    return Row(f"bnngen: {what}", figure, unit, ratio, target, met)
