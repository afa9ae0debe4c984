"""What each way of shrinking is worth: ``python tests/benchmarks/ablation.py [--seeds N] [--data NAME]``.

Every line compares one thing with its absence at equal size, on a small data set, by the golden model's
accuracy on the test part. A seed is used for both sides; a line "helps" only if it is better with every seed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bnngen.quantize.choices import Choices
from bnngen.quantize.run import quantize_run
from bnngen.train.choices import SCORES
from bnngen.train.run import train

Tables = dict[str, dict[str, Any]]
Measure = Callable[[int], float]
"""The accuracy, 0 to 1, that a seed gives."""


@dataclass(frozen=True)
class Line:
    """One thing, and how to measure it."""

    what: str
    measure: Measure


@dataclass(frozen=True)
class Group:
    """Lines that are compared with the first one, which goes without."""

    title: str
    lines: tuple[Line, ...]


class Bench:
    """Runs recipes in a folder, each once."""

    def __init__(self, folder: Path, data: dict[str, Any], epochs: int) -> None:
        self.folder, self.data, self.epochs = folder, data, epochs

    def run(
        self, seed: int, model: Tables | dict[str, Any], epochs: int | None = None, **tables: dict[str, Any]
    ) -> Path:
        """The folder of the run of this recipe."""
        source = {**self.data, "input": "range"} if model.get("input_bits") == 32 else self.data
        training = {"epochs": epochs or self.epochs, "batch": 64, "seed": seed}
        recipe = toml({"data": source, "model": model, "train": training, **tables})
        for out in self.folder.iterdir():
            if (out / "recipe.toml").is_file() and (out / "recipe.toml").read_text() == recipe:
                return out
        number = len(list(self.folder.iterdir()))
        path, out = self.folder / f"{number}.toml", self.folder / f"run{number}"
        path.write_text(recipe)
        train(path, out)
        return out

    def accuracy(
        self, seed: int, model: Tables | dict[str, Any], epochs: int | None = None, **tables: dict[str, Any]
    ) -> float:
        log = (self.run(seed, model, epochs, **tables) / "log.jsonl").read_text().splitlines()
        return float(json.loads(log[-1])["report"]["test_accuracy"])


def toml(tables: Tables) -> str:
    """Numbers, texts and lists are written in TOML as in JSON."""
    return "\n".join(
        f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
        for name, table in tables.items()
    )


FLOAT = {"weight_bits": 32, "act_bits": 32, "input_bits": 32}


def distillation(bench: Bench) -> Group:
    student = {"architecture": "mlp", "widths": [24]}
    teacher = {"architecture": "mlp", "widths": [64, 64], **FLOAT}

    def taught(**distill: float) -> Measure:
        def measure(seed: int) -> float:
            folder = str(bench.run(seed, teacher))
            return bench.accuracy(seed, student, distill={"teacher": folder, **distill})

        return measure

    def by_itself(seed: int) -> float:
        folder = str(bench.run(seed, student))
        return bench.accuracy(seed, student, distill={"teacher": folder, "response": 0.7})

    return Group(
        "distillation: 1W1A, 24 neurons",
        (
            Line("labels alone", lambda seed: bench.accuracy(seed, student)),
            Line("response", taught(response=0.7)),
            Line("feature", taught(response=0.0, feature=0.1)),
            Line("relation", taught(response=0.0, relation=0.1)),
            Line("response of itself", by_itself),
        ),
    )


def pruned(bench: Bench, model: dict[str, Any], **prune: Any) -> Measure:
    """A network that is trained, pruned, and trained again for as long."""

    def measure(seed: int) -> float:
        if prune.get("recovery") == "rewind":
            return bench.accuracy(seed, model, prune=prune)
        return bench.accuracy(seed, model, prune={**prune, "network": str(bench.run(seed, model))})

    return measure


def small(bench: Bench, model: dict[str, Any]) -> Line:
    """The absence of pruning: the small network from the start, for all epochs."""
    return Line("small from the start", lambda seed: bench.accuracy(seed, model, 2 * bench.epochs))


def neurons(bench: Bench) -> Group:
    large, table = {"architecture": "mlp", "widths": [48]}, {"unit": "neurons", "amount": 0.5}
    taylor = {**table, "score": "taylor"}
    steps = {"schedule": "iterative", "steps": 2, "epochs": max(1, bench.epochs // 2)}
    return Group(
        "pruning: 1W1A, 48 neurons become 24",
        (
            small(bench, {**large, "widths": [24]}),
            *(Line(f"neurons, {score}", pruned(bench, large, **table, score=score)) for score in SCORES),
            Line("neurons, taylor, iterative", pruned(bench, large, **taylor, **steps)),
            Line("neurons, taylor, polynomial", pruned(bench, large, **taylor, schedule="polynomial")),
            Line("neurons, taylor, rewind", pruned(bench, large, **taylor, recovery="rewind")),
            Line("neurons, taylor, scratch", pruned(bench, large, **taylor, recovery="scratch")),
        ),
    )


def zeros(bench: Bench) -> Group:
    large = {"architecture": "mlp", "widths": [64], "weight_bits": 2}
    units: dict[str, dict[str, Any]] = {
        "weights": {"amount": 0.75},
        "fan_in": {"fan_in": 4, "group": 16},
        "blocks": {"amount": 0.75, "pe": 2, "simd": 8},
    }
    lines = [
        Line(f"weights, {s}", pruned(bench, large, unit="weights", amount=0.75, score=s)) for s in SCORES
    ]
    lines += [
        Line(f"{u}, taylor", pruned(bench, large, unit=u, score="taylor", **units[u]))
        for u in ("fan_in", "blocks")
    ]
    return Group(
        "pruning: 2W1A, a quarter of 64 neurons' weights or 16 neurons",
        (small(bench, {**large, "widths": [16]}), *lines),
    )


def layers(bench: Bench) -> Group:
    large, table = {"architecture": "mlp", "widths": [24, 24, 24]}, {"unit": "layers", "amount": 0.5}
    return Group(
        "pruning: 1W1A, three hidden layers of 24 become two",
        (
            small(bench, {**large, "widths": [24, 24]}),
            *(Line(f"layers, {score}", pruned(bench, large, **table, score=score)) for score in SCORES),
        ),
    )


def quantization(bench: Bench) -> Group:
    model = {"architecture": "mlp", "widths": [64, 32], **FLOAT}
    plain = Choices(3, 3, 8, "min_max", 99.0, per_channel=False, bias_correction=False, norms=False)
    budget = 3 * (64 * 64 + 64 * 32 + 32 * 10)
    choices = {
        "min_max, per tensor, no corrections": plain,
        "max_abs": replace(plain, ranges="max_abs"),
        "percentile (99 %)": replace(plain, ranges="percentile"),
        "mse": replace(plain, ranges="mse"),
        "per channel": replace(plain, per_channel=True),
        "bias correction": replace(plain, bias_correction=True),
        "batch norms again": replace(plain, norms=True),
        "bits by SQNR": replace(plain, budget=budget),
        "mse, per channel, both corrections": Choices(3, 3, 8),
        "the same, compensated": Choices(3, 3, 8, rounding="compensated"),
    }

    def quantized(choice: Choices) -> Measure:
        def measure(seed: int) -> float:
            folder = bench.run(seed, model)
            report = quantize_run(folder, bench.folder / "quantized.onnx", choice, samples=512)
            assert report.test_correct is not None
            assert report.test_samples is not None
            return report.test_correct / report.test_samples

        return measure

    return Group(
        "post-training quantization: 64 and 32 neurons at 3 bits, 8-bit inputs",
        tuple(Line(what, quantized(choice)) for what, choice in choices.items()),
    )


GROUPS = (distillation, neurons, zeros, layers, quantization)


def tables(bench: Bench, seeds: int) -> Iterator[Table]:
    """A table for each group, as soon as it is measured."""
    for make in GROUPS:
        group = make(bench)
        table = Table(
            "", "accuracy, %", "spread", "gain", "spread", "", title=group.title, title_justify="left"
        )
        without: list[float] = []
        for line in group.lines:
            found = [100 * line.measure(seed) for seed in range(seeds)]
            without = without or found
            table.add_row(line.what, *_figures(found), *_gain(found, without))
        yield table


def _figures(values: list[float]) -> tuple[str, str]:
    """Mean and sample deviation."""
    return f"{statistics.fmean(values):.2f}", f"{statistics.stdev(values):.2f}" if len(values) > 1 else "-"


def _gain(found: list[float], without: list[float]) -> tuple[str, ...]:
    if found is without:
        return ()
    gains = [a - b for a, b in zip(found, without, strict=True)]
    mean, spread = _figures(gains)
    return f"{float(mean):+.2f}", spread, verdict(gains)


def verdict(gains: list[float]) -> str:
    """Better or worse with every seed, or neither."""
    if min(gains) > 0:
        return "helps"
    return "harms" if max(gains) < 0 else "not clear"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--data", default="digits", choices=["digits", "mnist_5000"])
    parser.add_argument("--epochs", type=int, default=20, help="of each training, and again behind a pruning")
    options = parser.parse_args(arguments)
    console, start = Console(), time.perf_counter()
    console.print(f"{options.data}, binarized inputs, {options.seeds} seeds, {options.epochs} epochs")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), {"name": options.data, "input": "binarize"}, options.epochs)
        for table in tables(bench, options.seeds):
            console.print(table)
    console.print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
