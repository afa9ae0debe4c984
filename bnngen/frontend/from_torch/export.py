"""From a module to the bytes of an ONNX file whose nodes bear the names of its layers."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import onnx

from bnngen.base.errors import MissingPackageError, ModelFileError
from bnngen.frontend.from_torch.copies import copied
from bnngen.frontend.from_torch.exporters import Exporter, exporters
from bnngen.frontend.from_torch.names import layer_names, rename


def require_torch() -> None:
    """Raises MissingPackageError, which says how to get it, where torch is not installed."""
    if find_spec("torch") is None:
        raise MissingPackageError("this needs torch: pip install 'bnngen[train]'")


def export(module: Any, example: Any) -> Iterator[bytes]:
    """The module as ONNX files, by one exporter after the other: some modules only one of them can take.

    ``example`` is an input of it, batch first. The module stays as it is. Raises ModelFileError if it is no
    module, or not an exporter can take it; the message has the reason of the first.
    """
    import torch

    kind = type(module).__name__
    if not isinstance(module, torch.nn.Module):
        raise ModelFileError(f"from_torch takes a torch.nn.Module, not an object of type {kind}")
    if not isinstance(example, torch.Tensor):
        raise ModelFileError(
            f"from_torch takes an example input that is one torch.Tensor, batch first, not an object of type "
            f"{type(example).__name__}"
        )
    reasons = []
    for exporter in exporters(module):
        try:
            model = _exported(exporter, module, example)
        except Exception as error:  # what modules and exporters throw has no common base
            reasons.append(_reason(error))
            continue
        yield model.SerializeToString(deterministic=True)
    if len(reasons) == len(exporters(module)):
        raise ModelFileError(
            f"the module {kind} can't be exported to ONNX: {reasons[0]}; it has to run on the example input, "
            "by operations of torch alone"
        )


def _exported(exporter: Exporter, module: Any, example: Any) -> onnx.ModelProto:
    import torch

    with _quiet(), torch.no_grad(), torch.random.fork_rng(devices=[]):
        model = exporter(copied(module), example.detach().cpu())
    rename(model, layer_names(module))
    _strip(model)
    return model


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Exporters print, log and warn a lot that has nothing to do with what their user wants."""
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


def _strip(model: onnx.ModelProto) -> None:
    """Remove what tells about the machine that wrote ``model`` and nothing about the network, in place."""
    graph = model.graph
    values = (*graph.input, *graph.output, *graph.value_info, *graph.initializer)
    for item in (model, graph, *graph.node, *values):
        item.ClearField("doc_string")
        item.ClearField("metadata_props")


def _reason(error: BaseException) -> str:
    """What went wrong first, in one line."""
    while (before := error.__cause__ or error.__context__) is not None:
        error = before
    lines = [line.strip() for line in str(error).splitlines()]
    return next((line for line in lines if line), type(error).__name__)
