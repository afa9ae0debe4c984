"""The synthesised netlist of a build as something to simulate: its cells, and what they do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bnngen.base.errors import SimulationError, UsageError
from bnngen.reports.build import read_report
from bnngen.toolflow.synthesis import ACCELERATOR_NETLIST
from bnngen_boards.families import FAMILIES
from bnngen_hw.edges.link import ACCELERATOR
from bnngen_sim.cells import cell_models


@contextmanager
def netlist_folder(out: Path) -> Iterator[Path]:
    """A folder as ``rtl`` of the build ``out`` is, with the accelerator's netlist in place of its Verilog.

    Raises DataError if ``out`` is not a build folder, UsageError if it has no netlist, and what `models_of`
    raises.
    """
    family = read_report(out).family
    netlist = out / "synth" / ACCELERATOR_NETLIST
    if not netlist.is_file():
        raise UsageError(f"{netlist}: no such file: run 'bnngen build' up to the step 'synth' first")
    with TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copyfile(out / "rtl" / "interface.json", folder / "interface.json")
        verilog = f"{netlist.read_text(encoding='utf-8')}\n{models_of(family)}"
        (folder / f"{ACCELERATOR}.v").write_text(verilog, encoding="utf-8")
        yield folder


def models_of(family: str) -> str:
    """The Verilog of all cells that a netlist for a family can hold.

    Raises MissingToolError if no yosys is installed, SimulationError for a family that there is not.
    """
    if family not in FAMILIES:
        known = ", ".join(sorted(FAMILIES))
        raise SimulationError(f"netlists of family {family} can't be simulated; those of {known} can")
    cells = FAMILIES[family]
    return cell_models(cells.models, cells.own_models())
