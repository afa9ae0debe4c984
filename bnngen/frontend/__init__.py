"""Front ends: a model file becomes the quantised graph."""

from __future__ import annotations

from pathlib import Path

from bnngen.frontend import nodes  # noqa: F401 - registers the readers of the ONNX operators
from bnngen.frontend.functions import inlined
from bnngen.frontend.importer import Importer
from bnngen.frontend.model_file import read_model
from bnngen.ir.graph import Graph


def import_onnx(path: str | Path) -> Graph:
    """The quantised graph of an ONNX file, as it is: what it leaves open is chosen in
    `bnngen.passes.from_file`.

    Raises ModelFileError if the file can't be read and ModelError, which names the layer, for anything in
    it that is not supported.
    """
    return Importer(inlined(read_model(path))).run()
