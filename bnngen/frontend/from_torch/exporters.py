"""The exporters of torch and of Brevitas, asked to keep what a module says: nothing is folded or rounded."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import onnx

Exporter = Callable[[Any, Any], onnx.ModelProto]
"""Takes a module in evaluation mode and an example input."""
INPUT, OUTPUT = "input", "output"
"""The names of the tensors at both ends."""

_OLD = {"dynamo": False, "do_constant_folding": False, "output_names": [OUTPUT]}
_NEW = {"dynamo": True, "optimize": False, "verbose": False}


def exporters(module: Any) -> tuple[Exporter, ...]:
    """Those that may fit a module, the likeliest first: Brevitas' where it has layers of Brevitas.

    The old ones come first: they take a tenth of the time, and write a few nodes where the new ones write
    dozens. Some modules only the new ones can take.
    """
    if any(is_of_brevitas(part) for part in module.modules()):
        return _brevitas_old, _brevitas_new
    return _torch_old, _torch_new


def is_of_brevitas(module: Any) -> bool:
    """Whether a module's class, or one that it inherits from, comes with Brevitas."""
    return any(kind.__module__.partition(".")[0] == "brevitas" for kind in type(module).__mro__)


def _torch_old(module: Any, example: Any) -> onnx.ModelProto:
    import torch

    written = io.BytesIO()
    # in any other mode it fuses batch norms with convolutions, whose weights are rounded then
    options = {**_OLD, "training": torch.onnx.TrainingMode.PRESERVE}
    torch.onnx.export(module, (example,), written, input_names=[INPUT], **options)
    return onnx.load_from_string(written.getvalue())


def _torch_new(module: Any, example: Any) -> onnx.ModelProto:
    import torch

    program: Any = torch.onnx.export(module, (example,), input_names=[INPUT], **_NEW)
    model: onnx.ModelProto = program.model_proto
    return model


def _brevitas_old(module: Any, example: Any) -> onnx.ModelProto:
    import torch
    from brevitas.export import export_qonnx

    options = {**_OLD, "training": torch.onnx.TrainingMode.PRESERVE, "keep_initializers_as_inputs": False}
    model: onnx.ModelProto = export_qonnx(module, example, input_names=[INPUT], **options)
    return model


def _brevitas_new(module: Any, example: Any) -> onnx.ModelProto:
    from brevitas.export import export_qonnx

    # without the optimizer bit widths stay computed, by logarithms; it fuses nothing around quantisers
    model: onnx.ModelProto = export_qonnx(module, example, input_names=[INPUT], **_NEW | {"optimize": True})
    return model
