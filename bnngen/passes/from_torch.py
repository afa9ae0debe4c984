"""A torch module as the integer network that it means."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from bnngen.base.errors import BnngenError
from bnngen.frontend.from_torch.export import export, require_torch
from bnngen.passes.from_file import load
from bnngen.reference.network import Network


def from_torch(
    module: Any,
    example_input: Any,
    *,
    input: str | None = None,
    sign_of_zero: str | None = None,
    cut_at: str | None = None,
    output: Literal["file", "class"] = "file",
) -> Network:
    """The integer network of a torch module as it is, one with layers of Brevitas too.

    ``example_input`` is a tensor that the module takes, batch first. The module is exported in evaluation
    mode and stays untouched; the network's layers bear the names of its own. ``input``, ``sign_of_zero``,
    ``cut_at`` and ``output`` are those of `load`. Its ``source`` is the exported file, as if it had been
    loaded from there. Raises MissingPackageError without torch, ModelFileError for a module that can't be
    exported, ModelError where its layers can't be made of integers.
    """
    require_torch()
    said = {"input": input, "sign_of_zero": sign_of_zero, "cut_at": cut_at}
    options: Any = {name: value for name, value in said.items() if value is not None}
    refusal: BnngenError | None = None
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{type(module).__name__}.onnx"
        for contents in export(module, example_input):
            path.write_bytes(contents)
            try:
                return load(path, output=output, **options)
            except BnngenError as error:
                refusal = refusal or error
    assert refusal is not None
    raise refusal
