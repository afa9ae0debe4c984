"""A model file as the integer network that it means."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from bnngen.frontend import import_onnx
from bnngen.passes.class_output import with_class_output
from bnngen.passes.lower import lower
from bnngen.reference.network import Network, Source


def load(path: str | Path, output: Literal["file", "class"] = "file") -> Network:
    """The integer network of a QONNX file, or of one in FINN's MultiThreshold dialect.

    ``output="class"`` adds an argmax where the network ends in scores.
    Raises ModelFileError or ModelError (see `bnngen.base.errors`).
    """
    network = lower(import_onnx(path))
    if output == "class":
        network = with_class_output(network)
    return replace(network, source=Source(Path(path).name, Path(path).read_bytes(), output))
