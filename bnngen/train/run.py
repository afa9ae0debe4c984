"""One training run, from the recipe to a folder with the model and what it reaches."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from bnngen.api import load
from bnngen.base.files import write_bytes, write_text
from bnngen.base.owned import owned
from bnngen.reference.data_file import Data, quantize
from bnngen.reports.curve import write_curve
from bnngen.reports.results import RunRecord
from bnngen.reports.run import PAGE, class_outcomes, write_run_report
from bnngen.reports.second_look import (
    Activity,
    at_a_run,
    missing_classes,
    no_better_than_chance,
    nothing_learned,
    words,
)
from bnngen.train.architectures import find_architecture
from bnngen.train.checkpoint import Checkpoint, resume
from bnngen.train.datasets import load_dataset
from bnngen.train.datasets.dataset import Subset
from bnngen.train.export import export_model, write_names
from bnngen.train.feed import Tensors, accuracy, predicted
from bnngen.train.fit import Fit, TrainWatcher
from bnngen.train.found import table_record
from bnngen.train.inputs import Prepared, prepare
from bnngen.train.names import run_names
from bnngen.train.prune.pruner import nonzero_weights
from bnngen.train.recipe import Recipe, load_recipe, locating
from bnngen.train.trainee import Trainee


@dataclass(frozen=True)
class Result:
    """What a run has reached: ``report`` is the last line of its log."""

    out: Path
    report: RunRecord


Judge = Literal["test", "validation"]
FILES = (
    "model.onnx",
    "test.npz",
    "log.jsonl",
    "curve.svg",
    PAGE,
    "recipe.toml",
    "checkpoint.pt",
    "preprocessing.json",
)
"""What a run may leave in its folder."""


def train(
    path: str | Path, out: str | Path, watcher: TrainWatcher | None = None, judge: Judge = "test"
) -> Result:
    """Train what the recipe at ``path`` describes, and write to the folder ``out``.

    There it leaves ``model.onnx``, ``test.npz`` (the test part as a DATA file of the model), ``log.jsonl``,
    ``curve.svg``, ``report.html``, ``recipe.toml``, ``checkpoint.pt`` and, where raw values become codes by
    thresholds, ``preprocessing.json``. The model carries the names of its classes and raw columns.
    The report is on the part ``judge``: who compares several runs has to leave the test part alone.

    A run that was stopped goes on behind its last whole epoch, and gives the same bytes as one that was not.
    Raises RecipeError, DataError, UsageError (the folder can't be written, holds another run, or files of
    these names that bnngen did not write) and MissingPackageError.
    """
    recipe, out = load_recipe(path), Path(out)
    with owned(out, {*FILES, f"{judge}.npz"}), locating(path), reproducible(recipe.train.threads):
        checkpoint = resume(out, recipe.key)
        prepared, watcher = load_prepared(recipe), watcher or TrainWatcher()
        if (table := table_record(prepared)) is not None:
            watcher.found(table)
        device = device_of(recipe)
        write_text(out / "recipe.toml", Path(path).read_text(encoding="utf-8"))

        def save(state: Checkpoint) -> None:
            state.save(out)
            _write_log(out, state.log)
            write_curve(state.log, out)

        network = Fit(recipe, prepared, device, watcher, save).run(checkpoint)
        report = _finish(recipe, prepared, network, checkpoint, out, judge)
        write_run_report(report, checkpoint.log, out)
        _write_log(out, [*checkpoint.log, {"report": report.to_dict()}])
    return Result(out, report)


def load_prepared(recipe: Recipe) -> Prepared:
    """The recipe's data as its network takes it. Raises as `train`."""
    rank = find_architecture(recipe.model).rank
    return prepare(load_dataset(recipe.data), recipe.data, rank, recipe.model.input_bits)


def _finish(
    recipe: Recipe, prepared: Prepared, network: Trainee, checkpoint: Checkpoint, out: Path, part: Judge
) -> RunRecord:
    """Export the network; if it is judged by the test part, look at that for the first and only time."""
    data, test = prepared.data, getattr(prepared.data, part)
    if recipe.is_float:
        answers = predicted(network, Tensors.of(test, torch.device("cpu"))).numpy()
        found, judge = words(no_better_than_chance(answers, test.y)), "torch"
    else:
        _write_model(network, prepared, out)
        _write_test(test, out / f"{part}.npz")
        (answers, found), judge = golden_look(out / "model.onnx", test), "golden"
    correct, table = int((answers == test.y).sum()), table_record(prepared)
    validation = accuracy(network, Tensors.of(prepared.data.validation, torch.device("cpu")))
    return RunRecord.model_validate(
        {
            "judge": judge,
            "validation_accuracy": validation,
            f"{part}_samples": len(test),
            f"{part}_correct": correct,
            f"{part}_accuracy": correct / len(test),
            "epochs": len(checkpoint.log),
            "seconds": round(sum(entry["seconds"] for entry in checkpoint.log), 1),
            "seed": recipe.train.seed,
            "weights": sum(layer.weight.numel() for layer in network.quantized_layers()),
            "nonzero_weights": nonzero_weights(network),
            "warnings": [
                *words(
                    missing_classes(data.train.y, data.classes, enough=0),
                    nothing_learned(max(entry["train_accuracy"] for entry in checkpoint.log), data.train.y),
                ),
                *found,
            ],
            "outcomes": class_outcomes(test.y, answers, data.classes, data.names),
            **({} if table is None else {"table": table}),
        }
    )


def golden_look(model: Path, part: Subset) -> tuple[NDArray[np.int64], list[str]]:
    """The class (N,) that the integer network in the file ``model`` gives each sample of ``part``, and what a
    person should look at twice."""
    network, activity = load(model), Activity()
    codes = quantize(part.x, network)
    y = network.run(codes, watch=activity)
    return network.classes(y), at_a_run(network, Data(codes, part.y), y, activity)


def _write_model(network: Trainee, prepared: Prepared, out: Path) -> None:
    """The model file with its names, and beside it what a host does with raw values."""
    path = out / "model.onnx"
    export_model(network.body, path, prepared.shape)
    names = run_names(prepared, load(path).quantizer)
    write_names(names, path)
    if (rules := names.preprocessing) is not None:
        write_text(out / "preprocessing.json", json.dumps(rules.to_data(), ensure_ascii=False) + "\n")


def _write_test(test: Subset, path: Path) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=test.x, y=test.y)
    write_bytes(path, buffer.getvalue())


def _write_log(out: Path, entries: list[dict[str, Any]]) -> None:
    write_text(out / "log.jsonl", "".join(json.dumps(entry) + "\n" for entry in entries))


def device_of(recipe: Recipe) -> torch.device:
    """Where the recipe's network learns."""
    wanted = recipe.train.device
    return torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")


@contextmanager
def reproducible(threads: int) -> Iterator[None]:
    """Inside, torch computes the same at every run; how sums are cut depends on the number of threads."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it cuBLAS may sum in any order
    before, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        torch.use_deterministic_algorithms(deterministic)
