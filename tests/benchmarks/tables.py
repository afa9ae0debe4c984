"""Binarized networks against gradient boosting: ``python tests/benchmarks/tables.py [--seeds N] [--only NAME ...]``.

The recipes lie in ``examples/recipes``. Both sides learn from the same training part, choose on the same
validation part (the network its epoch, boosting its number of iterations), and meet the test part once. A seed
is that of the training, and of which samples are the validation part. Boosting takes the features as they are
stored; the network takes one bit for each threshold of each.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import balanced_accuracy_score

import bnngen
from bnngen.base.errors import FitError
from bnngen.design import Design
from bnngen.ops.dense import Dense
from bnngen.reference.network import Network
from bnngen.reports.build import weight_bits
from bnngen.train.datasets import load_dataset
from bnngen.train.datasets.dataset import DataSet
from bnngen.train.recipe import load_recipe
from bnngen.train.run import train

RECIPES = Path(__file__).parents[2] / "examples" / "recipes"
NAMES = ("unsw_nb15", "nsl_kdd", "letter", "optdigits", "penbased", "satimage")
BOARD = "icebreaker"
ITERATIONS = 500
"""The most that boosting takes; it stops after 20 that don't help on the validation part."""


@dataclass(frozen=True)
class Scores:
    """On the test part, in percent: the share that is right, and the mean of this over the classes."""

    accuracy: float
    balanced: float

    @classmethod
    def of(cls, found: NDArray[Any], labels: NDArray[Any]) -> Scores:
        return cls(100 * float((found == labels).mean()), 100 * balanced_accuracy_score(labels, found))


@dataclass(frozen=True, eq=False)
class Comparison:
    """One table: its parts, the first seed's network, and each seed's scores on both sides."""

    name: str
    data: DataSet
    network: Network
    networks: tuple[Scores, ...]
    boosted: tuple[Scores, ...]


def compare(recipe: Path, seeds: int, folder: Path) -> Comparison:
    """Train and judge both sides with the seeds 0, 1 ... of the ``recipe``; the runs go to ``folder``."""
    runs = []
    for seed in range(seeds):
        path = _with_seed(recipe, seed, folder)
        data = load_dataset(load_recipe(path).data)
        network, scores = _network(path, folder / f"{recipe.stem}_{seed}", data)
        runs.append((data, network, scores, _boosting(data, seed)))
    data, network = runs[0][:2]
    return Comparison(
        recipe.stem, data, network, tuple(run[2] for run in runs), tuple(run[3] for run in runs)
    )


def _with_seed(recipe: Path, seed: int, folder: Path) -> Path:
    """A copy of the ``recipe`` with this seed, in ``folder``."""
    tables = tomllib.loads(recipe.read_text(encoding="utf-8"))
    tables["train"]["seed"] = tables["data"]["split_seed"] = seed
    path = folder / f"{recipe.stem}_{seed}.toml"
    path.write_text(tomli_w.dumps(tables), encoding="utf-8")
    return path


def _network(recipe: Path, out: Path, data: DataSet) -> tuple[Network, Scores]:
    """The trained network, and what its integers say of the test part."""
    train(recipe, out)
    network = bnngen.load(out / "model.onnx")
    with np.load(out / "test.npz") as test:
        assert np.array_equal(test["y"], data.test.y), "both sides meet the same samples"
        return network, Scores.of(network.classes(bnngen.golden(network, test["x"])), data.test.y)


def _boosting(data: DataSet, seed: int) -> Scores:
    model = HistGradientBoostingClassifier(
        max_iter=ITERATIONS, early_stopping=True, n_iter_no_change=20, random_state=seed
    )
    model.fit(data.train.x, data.train.y, X_val=data.validation.x, y_val=data.validation.y)
    return Scores.of(model.predict(data.test.x), data.test.y)


def networks_table(found: Sequence[Comparison]) -> Table:
    """What the data and the networks are, and what these take of the board by bnngen's estimate."""
    heads = ("", "features", "training", "validation", "test", "network", "kbit", "LUTs", "block RAMs")
    table = Table(*heads, "frames/s", title=f"The networks on {BOARD}, estimated", title_justify="left")
    for each in found:
        data, kbit = each.data, f"{weight_bits(each.network) / 1000:.1f}"
        parts = (str(len(part)) for part in (data.train, data.validation, data.test))
        features = str(data.train.x.shape[1])
        table.add_row(each.name, features, *parts, _sizes(each.network), kbit, *_hardware(each.network))
    return table


def _sizes(network: Network) -> str:
    """Input bits, the neurons of each layer, and scores."""
    rows = (layer.op.engine.rows for layer in network.layers if isinstance(layer.op, Dense))
    return "-".join(map(str, (network.elements_in, *rows)))


def _hardware(network: Network) -> tuple[str, ...]:
    try:
        design: Design = bnngen.compile(network, BOARD)
    except FitError:
        return ("does not fit",)
    need = design.resources
    return str(need.lut), str(need.bram), f"{design.fps:,.0f}"


def scores_table(found: Sequence[Comparison]) -> Table:
    """Means over the seeds, with sample deviations."""
    sides = ("network", "boosting")
    heads = [f"{kind}, {side}" for kind in ("accuracy", "balanced accuracy") for side in sides]
    table = Table("", *heads, "gap", title="On the test part, %", title_justify="left")
    for each in found:
        pair = (each.networks, each.boosted)
        plain, balanced = (_each(pair, of) for of in (lambda s: s.accuracy, lambda s: s.balanced))
        gap = statistics.fmean(plain[0]) - statistics.fmean(plain[1])
        table.add_row(each.name, *map(mean_and_spread, (*plain, *balanced)), f"{gap:+.2f}")
    return table


def _each(pair: Sequence[Sequence[Scores]], of: Callable[[Scores], float]) -> list[list[float]]:
    return [[of(scores) for scores in side] for side in pair]


def mean_and_spread(values: Sequence[float]) -> str:
    """Mean and sample deviation."""
    mean = f"{statistics.fmean(values):.2f}"
    return f"{mean} ± {statistics.stdev(values):.2f}" if len(values) > 1 else mean


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=NAMES, choices=NAMES, metavar="NAME")
    options = parser.parse_args(arguments)
    console, start = Console(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        found = [compare(RECIPES / f"{name}.toml", options.seeds, Path(folder)) for name in options.only]
    console.print(networks_table(found))
    console.print(scores_table(found))
    console.print(f"{options.seeds} seeds, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
