"""Fits the prices of the LUT model to yosys, and says how well they predict layers that the fit has not seen.

    python tests/benchmarks/calibrate_luts.py [--family ecp5] [--samples 40] [--write]

Synthesises random dense layers, alone, for the fabric of one board of each family; takes minutes. Of every
four samples three are fitted and one is held back. ``--write`` puts the prices into
``bnngen/schedule/lut_model.toml``.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from amaranth.back import rtlil
from amaranth.hdl import Module
from amaranth.lib.wiring import connect
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.optimize import nnls

from bnngen.build import native_yosys
from bnngen.build.cells import count_cells
from bnngen.build.flow import flow_of
from bnngen.datatypes import BIPOLAR, IntType
from bnngen.ops.dense import Dense
from bnngen.ops.threshold import Threshold
from bnngen.schedule.folding import fold_sizes
from bnngen.schedule.lut_model import PRICES, Structure
from bnngen.schedule.option import Option
from bnngen_boards.profile import Board, load_board
from bnngen_sim.cache import cached, content_key

BOARDS = {"ice40": "icebreaker", "ecp5": "ulx3s_85f", "xc7": "zc706"}
"""The board whose fabric stands for its family."""
KINDS = [field.name for field in fields(Structure)]
PRIOR = np.array([20.0 if kind in ("engines", "buffers") else 1.0 for kind in KINDS])
"""LUTs of one of each kind, had synthesis made just what was counted."""
PRIOR_WEIGHT = 3.0
MAX_PRODUCTS = 1000
"""Products a cycle of the largest sample: larger engines are more of the same."""


@dataclass(frozen=True)
class Sample:
    """What a layer was predicted to be made of, and the LUTs that yosys made of it."""

    name: str
    structure: Structure
    luts: int

    @property
    def row(self) -> list[float]:
        return [getattr(self.structure, kind) for kind in KINDS]


def random_layer(rng: np.random.Generator) -> Dense:
    """A layer of random weights, types, sizes and thresholds, like those of real networks."""
    rows, columns = int(rng.choice([10, 16, 32, 64, 128, 256])), int(rng.choice([32, 64, 100, 256, 784]))
    low_bit = rng.random() < 0.35
    type_ = IntType(0, 3) if low_bit else BIPOLAR
    weights = rng.integers(-2, 2, (rows, columns)) if low_bit else rng.integers(0, 2, (rows, columns)) * 2 - 1
    plain = Dense(weights.astype(np.int64), type_)
    if rng.random() < 0.2:
        return plain
    levels = 3 if low_bit else 1
    spread = max(3, int(np.sqrt(columns)) * (3 if low_bit else 1))
    thresholds = np.sort(rng.integers(-spread, spread + 1, (rows, levels)), axis=1)
    out = type_ if low_bit else BIPOLAR
    return Dense(plain.weights, type_, Threshold(thresholds, np.zeros(rows, bool), out))


def random_option(layer: Dense, board: Board, first: bool, rng: np.random.Generator) -> Option:
    """A folding with one of its styles; small and large engines are equally likely."""
    products = MAX_PRODUCTS ** rng.uniform(0.3, 1)
    options = list(layer.all_options(board, first))
    sizes = [option.folding.pe * option.folding.simd for option in options]
    near = [option for option, size in zip(options, sizes, strict=True) if products / 2 <= size <= products]
    return near[rng.integers(len(near))]


def synthesise(layer: Dense, option: Option, lanes: int, board: Board) -> int:
    """LUTs of the layer behind a stream of ``lanes`` lanes. The netlists are kept in the cache."""
    parts = layer.hardware(option, lanes, board.fabric)
    m = Module()
    m.submodules += parts
    for before, after in itertools.pairwise(parts):
        connect(m, before.o, after.i)
    ports = [part for s in (parts[0].i, parts[-1].o) for part in (s.payload, s.valid, s.ready)]
    text = rtlil.convert(m, name="top", ports=ports, emit_src=False)
    script = flow_of(board).script("read_rtlil top.il", "top", board.device)

    def run(work: Path, result: Path) -> None:
        (work / "top.il").write_text(text, encoding="utf-8")
        (work / "top.ys").write_text(script, encoding="utf-8")
        command = [sys.executable, native_yosys.__file__, "top.ys"]
        subprocess.run(command, cwd=work, check=True, capture_output=True)
        shutil.copy(work / "top.json", result)

    entry = cached(f"calibration/{content_key([], text, script)}", run)
    module = json.loads((entry / "top.json").read_text(encoding="utf-8"))["modules"]["top"]
    return count_cells(board.family, module).lut


def sample(family: str, number: int) -> Sample:
    """The sample of this number: the same on every machine."""
    rng, board = np.random.default_rng([number, 1]), load_board(BOARDS[family])
    layer = random_layer(rng)
    first = bool(rng.random() < 0.4)
    option = random_option(layer, board, first, rng)
    other = int(rng.choice([size for size in fold_sizes(layer.elements_in) if size <= 64]))
    lanes = option.folding.simd if first else other
    name = (
        f"{layer.elements_out}x{layer.elements_in} {layer.input_type} PE {option.folding.pe} "
        f"SIMD {option.folding.simd} {option.rom_style}"
    )
    return Sample(
        name,
        layer.structure(option.folding, option.rom_style, option.feed_style, option.table_style, board),
        synthesise(layer, option, lanes, board),
    )


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
    table = Table("layer", "yosys LUTs", "predicted", "error", title=f"{family}: samples held back")
    for s in sorted(held_back, key=lambda s: -abs(error(s, prices))):
        off = error(s, prices)
        table.add_row(s.name, str(s.luts), str(round(s.luts * (1 + off))), f"{off:+.1%}")
    console.print(table)
    off = np.abs([error(s, prices) for s in held_back])
    console.print(
        f"{family}: mean error {off.mean():.1%}, worst {off.max():.1%} of {len(held_back)} samples; {prices}"
    )
    return prices


def write(prices: dict[str, dict[str, float]]) -> None:
    """Put the prices of some families into the file of all."""
    table = tomllib.loads(PRICES.read_text(encoding="utf-8")) | prices
    lines = ["# LUTs for one of each kind of structure: written by tests/benchmarks/calibrate_luts.py"]
    for family in sorted(table):
        lines += ["", f"[{family}]", *(f"{kind} = {table[family][kind]}" for kind in KINDS)]
    PRICES.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--family", choices=sorted(BOARDS), action="append", help="default: all")
    parser.add_argument("--samples", type=int, default=40)
    parser.add_argument("--write", action="store_true", help=f"put the prices into {PRICES.name}")
    arguments = parser.parse_args()
    console = Console()
    found = {f: calibrate(f, arguments.samples, console) for f in arguments.family or sorted(BOARDS)}
    if arguments.write:
        write(found)


if __name__ == "__main__":
    main()
