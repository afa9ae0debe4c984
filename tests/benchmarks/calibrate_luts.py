"""Fits the prices of the LUT model to yosys, and says how well they predict layers that the fit has not seen.

    python tests/benchmarks/calibrate_luts.py [--family ecp5] [--samples 60] [--write]

Synthesises accelerators of a few random layers, dense ones or convolutions, for the fabric of one board of
each family; takes minutes. Of every four samples three are fitted and one is held back. ``--write`` puts the
prices into the files of the families.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.optimize import nnls

from bnngen.base.cache import cached, content_key
from bnngen.cost.folding import Foldings
from bnngen.cost.lut_model import Structure
from bnngen.cost.option import Option, Place
from bnngen.design import Design
from bnngen.emit.verilog import TOP, verilog_text
from bnngen.ir.graph import Shape
from bnngen.ir.window import Window
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import exact_array
from bnngen.ops.conv2d import Conv2d
from bnngen.ops.dense import Dense
from bnngen.ops.engine_options import EngineOptions
from bnngen.ops.threshold import Threshold
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.network import Host, NamedLayer, Network
from bnngen.schedule.planner import Schedule
from bnngen.toolflow import native_yosys
from bnngen.toolflow.flow import synthesis_script
from bnngen_boards import families
from bnngen_boards.profile import Board, load_board

Integers = NDArray[np.int64]
BOARDS = {"ice40": "icebreaker", "ecp5": "ulx3s_85f", "xc7": "zc706"}
"""The board whose fabric stands for its family."""
KINDS = [field.name for field in fields(Structure)]
PRIOR = np.array([10.0 if kind in ("engines", "buffers") else 1.0 for kind in KINDS])
"""LUTs of one of each kind, had synthesis made just what was counted."""
PRIOR_WEIGHT = 8.0
MAX_PRODUCTS = 1000
"""Products a cycle of the largest engine: larger ones are more of the same."""
MAX_LAYERS = 3


@dataclass(frozen=True)
class Sample:
    """What an accelerator was predicted to be made of, and the LUTs that yosys made of it."""

    name: str
    structure: Structure
    luts: int

    @property
    def row(self) -> list[float]:
        return [float(np.squeeze(getattr(self.structure, kind))) for kind in KINDS]


def random_type(rng: np.random.Generator) -> IntType:
    return IntType(0, 3) if rng.random() < 0.35 else BIPOLAR


def random_matrix(rng: np.random.Generator, rows: int, columns: int) -> Integers:
    bipolar = rng.random() < 0.65
    return rng.integers(0, 2, (rows, columns)) * 2 - 1 if bipolar else rng.integers(-2, 2, (rows, columns))


def random_threshold(
    rng: np.random.Generator, weights: Integers, x: IntType, out: IntType | None
) -> Threshold | None:
    """Thresholds as far apart as those of real networks."""
    if out is None:
        return None
    rows, columns = weights.shape
    spread = max(3, int(np.sqrt(columns)) * (1 if (abs(weights) == 1).all() and x == BIPOLAR else 3))
    thresholds = np.sort(rng.integers(-spread, spread + 1, (rows, 1 if out == BIPOLAR else out.hi)), axis=1)
    return Threshold(thresholds, np.zeros(rows, bool), out)


def random_shape(rng: np.random.Generator, maps: bool) -> Shape:
    if not maps:
        return (int(rng.choice([32, 64, 100, 256, 784])),)
    side, channels = int(rng.choice([8, 14, 28])), int(rng.choice([1, 8, 32]))
    return side, side, channels


def random_network(rng: np.random.Generator, maps: bool) -> Network:
    """A few random layers in a row, behind a quantiser that does nothing: convolutions over maps, or dense."""
    shape = first = random_shape(rng, maps)
    types = [random_type(rng) for _ in range(rng.integers(1, MAX_LAYERS + 1))]
    ends = [*types[1:], None if rng.random() < 0.5 else random_type(rng)]
    layers = []
    for number, (x, out) in enumerate(zip(types, ends, strict=True)):
        *spatial, columns = shape
        rows = int(rng.choice([8, 16, 32, 64] if maps else [10, 16, 32, 64, 128, 256]))
        weights = random_matrix(rng, rows, 9 * columns if maps else columns)
        activation = random_threshold(rng, weights, x, out)
        window = Window.plain((3, 3))
        op = (
            Conv2d(weights, window, tuple(spatial), x, activation=activation)
            if maps
            else Dense(weights, x, activation)
        )
        layers.append(NamedLayer(f"layer{number}", op))
        shape = op.output_shape([shape])
    one, zero = exact_array(1), exact_array(0)
    quantizer = Quantizer(one, zero, "sign" if types[0] == BIPOLAR else "half_even", types[0])
    return Network(first, quantizer, tuple(layers), Host(one, zero))


def random_option(layer: Dense | Conv2d, place: Place, board: Board, rng: np.random.Generator) -> Option:
    """A folding with one of its styles, lines in block RAM; small and large engines are equally likely."""
    products = min(MAX_PRODUCTS, layer.weights.size) ** rng.uniform(0.3, 1)
    dense = isinstance(layer, Dense)
    options = [o for o in layer.all_options(board, place) if dense or o.feed_style == "block"]
    sizes = [option.folding.pe * option.folding.simd for option in options]
    near = [option for option, size in zip(options, sizes, strict=True) if products / 2 <= size <= products]
    return near[rng.integers(len(near))]


def synthesize(design: Design) -> int:
    """LUTs of the accelerator. The netlists are kept in the cache."""
    board, text = design.schedule.board, verilog_text(design.chain)
    script = synthesis_script(board, "read_verilog top.v", TOP)

    def run(work: Path, result: Path) -> None:
        (work / "top.v").write_text(text, encoding="utf-8")
        (work / "top.ys").write_text(script, encoding="utf-8")
        command = [sys.executable, native_yosys.__file__, "top.ys"]
        subprocess.run(command, cwd=work, check=True, capture_output=True)
        shutil.copy(work / f"{TOP}.json", result)

    entry = cached(f"calibration/{content_key([], text, script)}", run)
    module = json.loads((entry / f"{TOP}.json").read_text(encoding="utf-8"))["modules"][TOP]
    return families.family(board.family).count(module).lut


def sample(family: str, number: int) -> Sample:
    """The sample of this number: the same on every machine."""
    rng, board = np.random.default_rng([number, 2]), load_board(BOARDS[family])
    network = random_network(rng, maps=number % 5 == 4)
    last = len(network.layers) - 1
    places = [Place(first=k == 0, last=k == last) for k in range(last + 1)]
    ops = [layer.op for layer in network.layers if isinstance(layer.op, Dense | Conv2d)]
    options = [random_option(op, place, board, rng) for op, place in zip(ops, places, strict=True)]
    design = Design(Schedule(network, board, Fraction(25), tuple(options)))
    name, structure = [], Structure()
    for op, place, option in zip(ops, places, options, strict=True):
        engine = EngineOptions(Foldings.of([option.folding]), option.rom_style, option.table_style)
        if isinstance(op, Dense):
            structure += op.structure(engine, option.feed_style, place, board)
        else:
            structure += op.structure(engine, place, board)
        rows, columns = op.weights.shape
        assert op.weight_type is not None
        name.append(
            f"{rows}x{columns} {op.input_type}*{op.weight_type.bits} {option.folding.pe} x "
            f"{option.folding.simd} {option.rom_style}"
        )
    return Sample(", ".join(name), structure, synthesize(design))


def fit(samples: list[Sample]) -> dict[str, float]:
    """The non-negative prices with the least sum of squared relative errors.

    Samples can't tell kinds apart that grow together, so each price is drawn, weakly, to what the structure
    was counted in: one LUT for each.
    """
    luts = np.array([s.luts for s in samples], float)
    rows = np.array([s.row for s in samples]) / luts[:, None]
    pull = PRIOR_WEIGHT * np.diag(rows.mean(axis=0))
    found, _ = nnls(np.vstack([rows, pull]), np.concatenate([np.ones(len(samples)), pull @ PRIOR]))
    return dict(zip(KINDS, found.round(3).tolist(), strict=True))


def error(sample: Sample, prices: dict[str, float]) -> float:
    """The prediction's relative error."""
    return float(np.dot(sample.row, [prices[kind] for kind in KINDS])) / sample.luts - 1


def calibrate(family: str, count: int, console: Console) -> dict[str, float]:
    """The prices of one family."""
    samples = [sample(family, number) for number in track(range(count), f"{family}: synthesising")]
    held_back = samples[::4]
    prices = fit([s for k, s in enumerate(samples) if k % 4])
    table = Table("layers", "yosys LUTs", "predicted", "error", title=f"{family}: samples held back")
    for s in sorted(held_back, key=lambda s: -abs(error(s, prices))):
        off = error(s, prices)
        table.add_row(s.name, str(s.luts), str(round(s.luts * (1 + off))), f"{off:+.1%}")
    console.print(table)
    errors = np.abs([error(s, prices) for s in held_back])
    console.print(
        f"{family}: mean error {errors.mean():.1%}, worst {errors.max():.1%} of {len(held_back)} samples; {prices}"
    )
    return prices


def with_prices(text: str, prices: Mapping[str, float]) -> str:
    """The text of a family's file with these prices."""
    lines = "".join(f'    "{kind}": {prices[kind]},\n' for kind in KINDS)
    written, count = re.subn(r"^PRICES = \{\n.*?^\}$", f"PRICES = {{\n{lines}}}", text, flags=re.M | re.S)
    assert count == 1, "a family's file has one table PRICES"
    return written


def write(prices: dict[str, dict[str, float]]) -> None:
    """Put the prices of some families into their files."""
    for family, found in prices.items():
        path = Path(families.__file__).with_name(f"{family}.py")
        path.write_text(with_prices(path.read_text(encoding="utf-8"), found), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--family", choices=sorted(BOARDS), action="append", help="default: all")
    parser.add_argument("--samples", type=int, default=60)
    parser.add_argument("--write", action="store_true", help="put the prices into the families' files")
    arguments = parser.parse_args()
    console = Console()
    found = {f: calibrate(f, arguments.samples, console) for f in arguments.family or sorted(BOARDS)}
    if arguments.write:
        write(found)


if __name__ == "__main__":
    main()
