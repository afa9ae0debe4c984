"""From a netlist to a bitstream, with nextpnr and the family's packer."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bnngen.build.synthesis import BUILD_PLAN, CONSTRAINTS, NETLIST, TOP, SynthesisResult
from bnngen.build.toolchain import TOOLS, Progress, ToolError, silent, staging
from bnngen.errors import FitError
from bnngen_boards.profile import Board

REPORT = "report.json"
"""nextpnr's own report."""
BITSTREAMS = {"ice40": f"{TOP}.bin", "ecp5": f"{TOP}.bit"}
"""The bitstream's name for each device family."""
_LAYOUTS = {"ice40": f"{TOP}.asc", "ecp5": f"{TOP}.config"}
# nextpnr's log: "Info:    ICESTORM_LC:   5600/  5280   106%"
_USED = re.compile(r"^Info:\s+(\w+):\s*(\d+)/\s*(\d+)\s+\d+%$", re.MULTILINE)


@dataclass(frozen=True)
class PnrResult:
    """What came out of place and route.

    ``tool`` is its version. ``fmax_mhz`` is the highest clock that the routed design can run at,
    ``met`` says whether that reaches the board's clock. ``utilisation`` has (used, available) for
    each kind of cell, by nextpnr's names. ``wall_s`` seconds.
    """

    tool: str
    fmax_mhz: float
    met: bool
    bitstream: Path
    utilisation: dict[str, tuple[int, int]]
    wall_s: float


def place_and_route(
    synthesis: SynthesisResult, board: Board, out: Path, progress: Progress = silent
) -> PnrResult:
    """Places, routes and packs a synthesised design into the folder ``out``.

    A clock that is not reached is a result (``met`` is False), not an error. If it fails, ``out``
    holds the logs and no results.

    Raises :class:`FitError`, naming what is too much, if the design does not fit the device,
    :class:`MissingToolError`, and :class:`ToolError` if a tool fails otherwise.
    """
    start = time.monotonic()
    bitstream = BITSTREAMS[board.family]
    with staging(out, _products(board)) as work:
        for name in (NETLIST, CONSTRAINTS[board.family]):
            shutil.copyfile(synthesis.folder / name, work / name)
        router, packer = _commands(synthesis.folder)
        progress(f"{router[0]}: placing and routing for {board.name}")
        _route(router, board, work, progress)
        report = json.loads((work / REPORT).read_text(encoding="utf-8"))
        fmax = _fmax(report["fmax"], synthesis.clock_mhz)
        progress(f"{packer[0]}: writing the bitstream")
        TOOLS[packer[0]].run(packer[1:], work, _log(work, packer[0]), progress)
    return PnrResult(
        tool=TOOLS[router[0]].version(),
        fmax_mhz=fmax,
        met=fmax >= synthesis.clock_mhz,
        bitstream=out / bitstream,
        utilisation={kind: (u["used"], u["available"]) for kind, u in report["utilization"].items()},
        wall_s=time.monotonic() - start,
    )


def _products(board: Board) -> list[str]:
    logs = (
        ["nextpnr-ice40.log", "icepack.log"]
        if board.family == "ice40"
        else ["nextpnr-ecp5.log", "ecppack.log"]
    )
    return [BITSTREAMS[board.family], _LAYOUTS[board.family], REPORT, *logs]


def _log(work: Path, tool: str) -> Path:
    return work / f"{tool}.log"


def _commands(folder: Path) -> tuple[list[str], list[str]]:
    """nextpnr's and the packer's command lines, as Amaranth planned them with the netlist."""
    plan = json.loads((folder / BUILD_PLAN).read_text(encoding="utf-8"))
    _, router, packer = plan["commands"]
    return router, packer


def _route(command: list[str], board: Board, work: Path, progress: Progress) -> None:
    try:
        TOOLS[command[0]].run(command[1:], work, _log(work, command[0]), progress)
    except ToolError as error:
        over = [
            f"{used} of {has} {kind}" for kind, used, has in _USED.findall(error.log) if int(used) > int(has)
        ]
        if not over:
            raise
        raise FitError(
            f"the design does not fit {board.name} ({board.device}): it needs {', '.join(over)}: "
            "ask for fewer frames a second, or take a smaller network or a larger board"
        ) from None


def _fmax(clocks: Mapping[str, Mapping[str, Any]], clock_mhz: float) -> float:
    """The highest frequency of the slowest clock that has ``clock_mhz`` as its constraint.

    Every flip-flop of the design is on that one clock.
    """
    achieved = [
        float(clock["achieved"])
        for clock in clocks.values()
        if abs(float(clock["constraint"]) / clock_mhz - 1) < 0.01
    ]
    if not achieved:
        raise RuntimeError(f"nextpnr reports no clock of {clock_mhz:g} MHz, only {dict(clocks)}")
    return min(achieved)
