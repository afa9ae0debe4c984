"""FINN's published designs, at their frame rates, for their chip: LUTs and block RAM by yosys.

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
from numpy.typing import NDArray

import bnngen
from bnngen.ir.window import Window
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import exact_array
from bnngen.ops.conv2d import Conv2d
from bnngen.ops.dense import Dense
from bnngen.ops.max_pool import MaxPool
from bnngen.ops.threshold import Threshold
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.network import Host, NamedLayer, Network
from bnngen.toolflow.simulation import random_frames
from bnngen_boards.profile import Board, load_board

BOARD = "zc706"
FRAMES = 40
LUT_SHARE = 0.6
"""The part of the published LUTs that ours may take."""
MOST_LEVELS = 6
"""LUTs between two registers that 200 MHz allow on this chip."""


@dataclass(frozen=True)
class Published:
    """A published design: its layers, frames a second, LUTs and RAMB36.

    ``maps``: the channels of its 3 x 3 convolutions over RGB images of 32 x 32, a pool of 2 x 2 behind every
    second one but the last; ``sizes``: the features before and behind its dense layers.
    """

    name: str
    sizes: Sequence[int]
    fps: float
    luts: int
    bram36: float
    maps: Sequence[int] = ()


DESIGNS = [
    Published("SFC-max", (784, 256, 256, 256, 10), 12.36e6, 91_131, 4.5),
    Published("LFC-max", (784, 1024, 1024, 1024, 10), 1.56e6, 82_988, 396),
    Published("CNV-max", (256, 512, 512, 10), 21_906, 46_253, 186, (3, 64, 64, 128, 128, 256, 256)),
]
IMAGE = (32, 32)


def random_network(sizes: Sequence[int], maps: Sequence[int] = ()) -> Network:
    """A bipolar network of these ``sizes`` and ``maps`` (see `Published`), whose thresholds split the sums of
    random inputs about evenly."""
    rng, layers = np.random.default_rng(1), list[NamedLayer]()
    input_type = IntType(-128, 127) if maps else BIPOLAR
    spatial: tuple[int, ...] = IMAGE
    for number, (channels, rows) in enumerate(pairwise(maps), 1):
        type_ = BIPOLAR if layers else input_type
        weights, thresholds = _weights(rng, rows, 9 * channels), _thresholds(rng, rows, 9 * channels)
        conv = Conv2d(weights, Window.plain((3, 3)), spatial, type_, activation=thresholds)
        layers.append(NamedLayer(f"conv{number}", conv))
        spatial = conv.positions
        if number % 2 == 0 and number < len(maps) - 1:
            pool = MaxPool(Window.plain((2, 2), (2, 2)), spatial, np.zeros(rows, bool), BIPOLAR)
            layers.append(NamedLayer(f"pool{number}", pool))
            spatial = pool.positions
    for number, (columns, rows) in enumerate(pairwise(sizes), 1):
        last = number == len(sizes) - 1
        activation = None if last else _thresholds(rng, rows, columns)
        layers.append(NamedLayer(f"fc{number}", Dense(_weights(rng, rows, columns), BIPOLAR, activation)))
    one, zero = exact_array(1), exact_array(0)
    rounding = "half_even" if maps else "sign"
    shape = (*IMAGE, maps[0]) if maps else (sizes[0],)
    return Network(shape, Quantizer(one, zero, rounding, input_type), tuple(layers), Host(one, zero))


def _weights(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.int64]:
    return rng.integers(0, 2, (rows, columns)) * 2 - 1


def _thresholds(rng: np.random.Generator, rows: int, columns: int) -> Threshold:
    spread = int(columns**0.5)
    return Threshold(rng.integers(-spread, spread + 1, (rows, 1)), np.zeros(rows, bool), BIPOLAR)


@benchmark("finn", slow=True)
def finn(settings: Settings) -> list[Table]:
    """Our designs at the published rates, proved in Verilator and synthesised."""
    return [_table(published) for published in DESIGNS]


def room(published: Published) -> Board:
    """The board with no more LUTs and block RAMs than the published design takes: ours is then the smallest
    by their measure."""
    board = load_board(BOARD)
    bram = board.resources.bram.model_copy(update={"blocks": round(2 * published.bram36)})
    resources = board.resources.model_copy(update={"lut": published.luts, "bram": bram})
    fabric = board.fabric.model_copy(update={"routable_lut": published.luts})
    return board.model_copy(update={"resources": resources, "fabric": fabric})


def _table(published: Published) -> Table:
    design = bnngen.compile(
        random_network(published.sizes, published.maps), room(published), fps=published.fps
    )
    with tempfile.TemporaryDirectory() as out:
        report = design.build(out, until="synth", data=random_frames(design.schedule.network, FRAMES)).report
    simulation, synthesis = report.simulation, report.synthesis
    assert simulation is not None
    assert synthesis is not None
    assert synthesis.lut_levels is not None
    if simulation.mismatches or not simulation.as_predicted:
        sys.exit(f"{published.name}: the Verilog differs from the golden model: {simulation}")
    table = Table(f"{published.name} on {BOARD}, {FRAMES} frames exact in Verilator", "FINN, FPGA 2017")
    luts, bram, levels = synthesis.lut, synthesis.bram / 2, synthesis.lut_levels
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
