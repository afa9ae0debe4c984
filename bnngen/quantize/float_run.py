"""The float network that a training run has left, as ONNX, with its data."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import onnx
import torch

from bnngen.base.errors import UsageError
from bnngen.train.checkpoint import finished_run
from bnngen.train.inputs import Prepared
from bnngen.train.prune.restore import restore
from bnngen.train.recipe import FLOAT, Recipe
from bnngen.train.run import load_prepared
from bnngen.train.trainee import Trainee


@dataclass(frozen=True, eq=False)
class FloatRun:
    """The run's network as torch has it and as ONNX, and the data of its recipe."""

    network: Trainee
    model: onnx.ModelProto
    prepared: Prepared


def load_run(folder: Path) -> FloatRun:
    """The run in ``folder``.

    Raises UsageError if there is no finished run, or if its network is not in float.
    """
    run = finished_run(folder)
    if run is None:
        raise UsageError(f"'{folder}' holds no finished run of bnngen train")
    recipe, checkpoint = run
    prepared = load_prepared(recipe)
    network = restore(recipe, prepared, checkpoint.best).eval()
    if not _in_float(recipe) or any("brevitas" in type(m).__module__ for m in network.body.modules()):
        raise UsageError(
            f"the network in '{folder}' has quantisers; train it with weight_bits, act_bits and input_bits = "
            "32 and an architecture without sums (mlp, cnv, kws_conv)"
        )
    return FloatRun(network, _exported(network.body, prepared.shape), prepared)


def _in_float(recipe: Recipe) -> bool:
    model = recipe.model
    return (model.weight_bits, model.act_bits, model.input_bits) == (FLOAT,) * 3


def _exported(body: torch.nn.Module, shape: tuple[int, ...]) -> onnx.ModelProto:
    """``body`` with its batch norms as they are: by default they are merged with convolutions."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter without onnxscript is deprecated in torch
        torch.onnx.export(
            body,
            (torch.zeros(2, *shape),),
            buffer,
            input_names=["input"],
            output_names=["scores"],
            dynamic_axes={"input": {0: "N"}, "scores": {0: "N"}},
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,
            dynamo=False,
        )
    return onnx.load_from_string(buffer.getvalue())
