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
    """The file that ``exporter`` makes. Raises ValueError if it depends on the numbers in ``example``: the
    module reads some in Python, as int(), float(), an if and numpy do, and what they were is in the file."""
    model, said = _traced(exporter, module, example)
    if said:
        contents = model.SerializeToString(deterministic=True)
        for other in _others(example):
            if _traced(exporter, module, other)[0].SerializeToString(deterministic=True) != contents:
                raise ValueError(f"what it computes depends on the numbers of the example: {said}")
    return model


def _traced(exporter: Exporter, module: Any, example: Any) -> tuple[onnx.ModelProto, str]:
    """The file, and what the tracer says of numbers that Python has read; much of that is harmless."""
    import torch

    with _quiet() as warned, torch.no_grad(), torch.random.fork_rng(devices=[]):
        model = exporter(copied(module), example.detach().cpu())
    rename(model, layer_names(module))
    _strip(model)
    said = [str(w.message) for w in warned if issubclass(w.category, torch.jit.TracerWarning)]
    return model, said[0].partition(". ")[0] if said else ""


def _others(example: Any) -> Iterator[Any]:
    """Inputs like the example, of small and of large numbers within its range."""
    import torch

    generator = torch.Generator().manual_seed(0)
    given = example.detach().cpu()
    low, high = (float(end) for end in (given.min(), given.max())) if given.numel() else (0.0, 1.0)
    for share in (0.0, 0.75):
        part = share + torch.rand(given.shape, generator=generator) / 4
        yield (low + part * (high - low if high > low else 1.0)).to(given.dtype)


@contextlib.contextmanager
def _quiet() -> Iterator[list[warnings.WarningMessage]]:
    """Exporters print, log and warn a lot that is not what their user wants. Gives the warnings."""
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with (
            warnings.catch_warnings(record=True) as warned,
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("always")
            yield warned
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
