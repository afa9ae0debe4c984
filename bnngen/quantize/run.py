"""Post-training quantization from file to file, and what it costs in accuracy."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bnngen.api import load
from bnngen.base.errors import BnngenError, DataError, UsageError
from bnngen.base.files import write_bytes
from bnngen.base.owned import keep_inputs
from bnngen.frontend.model_file import read_model
from bnngen.quantize.choices import Choices
from bnngen.quantize.float_run import load_run
from bnngen.quantize.quantize import PRODUCER, quantize_model
from bnngen.reference.data_file import Data, calibration_inputs, load_data, quantize
from bnngen.reports.results import QuantizeRecord
from bnngen.reports.second_look import LOOKED_AT, Activity, at_a_run
from bnngen.train.datasets.dataset import Subset
from bnngen.train.export import strip, write_names
from bnngen.train.feed import Tensors, accuracy
from bnngen.train.names import run_names
from bnngen.train.run import golden_look

_SEED = 0


def quantize_run(folder: Path, out: Path, choices: Choices, samples: int) -> QuantizeRecord:
    """Quantise the float network that `bnngen train` has left in ``folder``, and write it to ``out``.

    It is calibrated on ``samples`` of the training part. The report has each layer's figures, and the
    accuracy on the validation and the test part, of the float network and of the golden model. The file
    carries the names of the run's classes and columns, and their preprocessing.
    Raises as `quantise`, and UsageError if the folder holds no float network, or ``out`` is another's file or
    can't be written.
    """
    _check_out(out, folder)
    run = load_run(folder)
    report = _quantize(run.model, run.prepared.data.train.x, out, choices, samples)
    write_names(run_names(run.prepared, load(out).quantizer), out)
    figures: dict[str, int] = {}
    warnings = report.warnings
    for name in ("validation", "test"):
        part: Subset = getattr(run.prepared.data, name)
        in_float = accuracy(run.network, Tensors.of(part, torch.device("cpu")))
        answers, found = golden_look(out, part)
        warnings = [*warnings, *found]
        figures |= {
            f"{name}_samples": len(part),
            f"{name}_correct": int((answers == part.y).sum()),
            f"{name}_correct_in_float": round(in_float * len(part)),
        }
    return _with(report, figures, warnings)


def quantize_file(
    path: Path, data: Path, out: Path, choices: Choices, samples: int, test: Path | None = None
) -> QuantizeRecord:
    """Quantise the float ONNX file at ``path``, and write it to ``out``.

    It is calibrated on ``samples`` of ``x`` in the file ``data``; labels are not needed. The report has the
    accuracy of the golden model on the labelled file ``test``. Raises as `quantise`, DataError and
    UsageError as `quantise_run`.
    """
    _check_out(out, path, data, test)
    x = calibration_inputs(data)
    report = _quantize(read_model(path), x, out, choices, samples)
    if test is not None:
        network, activity = load(out), Activity()
        loaded = load_data(test, network)
        if loaded.labels is None:
            raise DataError(f"'{test}' has no labels y, so there is no accuracy")
        y = network.run(loaded.codes, watch=activity)
        correct = int((network.classes(y) == loaded.labels).sum())
        figures = {"test_samples": len(loaded.codes), "test_correct": correct}
        return _with(report, figures, [*report.warnings, *at_a_run(network, loaded, y, activity)])
    return report


def _with(report: QuantizeRecord, figures: dict[str, int], warnings: list[str]) -> QuantizeRecord:
    """The report with these figures too; what is said of several parts is said once."""
    return QuantizeRecord(**{**report.to_dict(), "warnings": list(dict.fromkeys(warnings)), **figures})


def _check_out(out: Path, *inputs: Path | None) -> None:
    """Raises UsageError unless ``out`` is a new model file, or a quantised one that is none of ``inputs``."""
    if out.suffix != ".onnx":
        raise UsageError(f"'{out}' must end in .onnx")
    keep_inputs({"--out": out}, *inputs)
    if out.exists() and not _is_quantized(out):
        raise UsageError(f"'{out}' is there, and bnngen quantize has not written it: name another file")


def _is_quantized(path: Path) -> bool:
    """Whether `quantise` has made the file."""
    try:
        return bool(read_model(path).producer_name == PRODUCER)
    except BnngenError:
        return False


def _quantize(model: Any, x: NDArray[Any], out: Path, choices: Choices, samples: int) -> QuantizeRecord:
    """Write the quantised model to ``out`` and report its layers."""
    chosen = np.random.default_rng(_SEED).permutation(len(x))[:samples]
    x = x[np.sort(chosen)]
    quantized, layers = quantize_model(model, x, choices)
    contents = strip(quantized).SerializeToString(deterministic=True)
    with TemporaryDirectory() as folder:  # what the importer can't take is told before anything is written
        (path := Path(folder) / out.name).write_bytes(contents)
        network, activity = load(path), Activity()
    codes = quantize(x[:LOOKED_AT], network)
    y = network.run(codes, watch=activity)
    write_bytes(out, contents)
    return QuantizeRecord(
        layers=layers,
        weight_bits=sum(layer.weights * layer.weight_bits for layer in layers),
        calibration_samples=len(chosen),
        warnings=list(dict.fromkeys(at_a_run(network, Data(codes, None), y, activity))),
    )
