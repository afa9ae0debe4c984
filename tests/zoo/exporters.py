"""Every way in which people write a module to a file, as they do it: with default options.

Each takes a kind and a folder, and returns the path of the file that it has written there.
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from tests.zoo.kinds import BREVITAS, FLOAT, TORCH, Kind

Exporter = Callable[[Kind, Path], Path]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without what exporters print, log and warn of."""
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


def by_torch(kind: Kind, folder: Path, dynamo: bool) -> Path:
    """torch.onnx.export."""
    path = folder / "model.onnx"
    with quiet():
        torch.onnx.export(kind.module(), (kind.example(),), str(path), dynamo=dynamo)
    return path


def by_brevitas(kind: Kind, folder: Path, dynamo: bool, qcdq: bool = False) -> Path:
    """export_qonnx or export_onnx_qcdq."""
    with quiet():
        from brevitas.export import export_onnx_qcdq, export_qonnx

        path, export = folder / "model.onnx", export_onnx_qcdq if qcdq else export_qonnx
        options: dict[str, Any] = {"optimize": True} if dynamo else {}
        export(kind.module(), kind.example(), export_path=str(path), dynamo=dynamo, **options)
    return path


def by_runtime(kind: Kind, folder: Path, operators: bool) -> Path:
    """ONNX Runtime's static quantisation of what torch exports, with scales of random data."""
    with quiet():
        from onnxruntime import quantization as ort

        given, path = by_torch(kind, folder, dynamo=False), folder / "quantized.onnx"
        prepared = folder / "prepared.onnx"
        ort.shape_inference.quant_pre_process(str(given), str(prepared))
        if kind.quantization.get("dynamic"):
            ort.quantize_dynamic(str(prepared), str(path))
            return path
        types = {name: ort.QuantType[f"Q{name}".replace("Qint", "QInt")] for name in ("int8", "int4")}
        ort.quantize_static(
            str(prepared),
            str(path),
            _Frames(kind, onnx.load(prepared).graph.input[0].name),
            quant_format=ort.QuantFormat.QOperator if operators else ort.QuantFormat.QDQ,
            per_channel=kind.quantization.get("per_channel", False),
            activation_type=types.get(kind.quantization.get("activation", ""), ort.QuantType.QUInt8),
            weight_type=types[kind.quantization.get("weights", "int8")],
            extra_options={"ActivationSymmetric": kind.quantization.get("symmetric", False)},
        )
    return path


class _Frames:
    """What ONNX Runtime calibrates with."""

    def __init__(self, kind: Kind, input_name: str) -> None:
        frames = np.random.default_rng(0).normal(size=(24, *kind.shape)).astype(np.float32)
        self._feeds = iter([{input_name: frame[None]} for frame in frames])

    def get_next(self) -> dict[str, Any] | None:
        return next(self._feeds, None)


EXPORTERS: dict[str, dict[str, Exporter]] = {
    TORCH: {
        "torch, old": lambda kind, folder: by_torch(kind, folder, dynamo=False),
        "torch": lambda kind, folder: by_torch(kind, folder, dynamo=True),
    },
    BREVITAS: {
        "QONNX, old": lambda kind, folder: by_brevitas(kind, folder, dynamo=False),
        "QONNX": lambda kind, folder: by_brevitas(kind, folder, dynamo=True),
        "QCDQ, old": lambda kind, folder: by_brevitas(kind, folder, dynamo=False, qcdq=True),
        "QCDQ": lambda kind, folder: by_brevitas(kind, folder, dynamo=True, qcdq=True),
    },
    FLOAT: {
        "QDQ": lambda kind, folder: by_runtime(kind, folder, operators=False),
        "QOperator": lambda kind, folder: by_runtime(kind, folder, operators=True),
    },
}
"""By what a network is made of, by the name of the column of the table."""
