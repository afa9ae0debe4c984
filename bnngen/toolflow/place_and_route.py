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

from bnngen.base.cache import content_key
from bnngen.base.errors import ToolError
from bnngen.toolflow.flow import TOP
from bnngen.toolflow.staging import staging, through_cache
from bnngen.toolflow.synthesis import (
    BUILD_PLAN,
    NETLIST,
    ROUTED,
    SynthesisResult,
    constraints_of,
    does_not_fit,
)
from bnngen.toolflow.toolchain import TOOLS, Progress, silent
from bnngen_boards.profile import Board

REPORT = "report.json"
"""nextpnr's own report."""
_TOOL = "tool.txt"
# nextpnr's log: "Info:    ICESTORM_LC:   5600/  5280   106%"
_USED = re.compile(r"^Info:\s+(\w+):\s*(\d+)/\s*(\d+)\s+\d+%$", re.MULTILINE)


@dataclass(frozen=True)
class PnrResult:
    """What came out of place and route.

    ``tool`` is its version. ``fmax_mhz`` is the highest clock that the routed design can run at,
    ``met`` says whether that reaches the board's clock. ``utilisation`` has (used, available) for
    each kind of cell, by nextpnr's names. ``cached`` says that the results come from an earlier run on the
    same input. ``wall_s`` seconds.
    """

    tool: str
    fmax_mhz: float
    met: bool
    bitstream: Path
    utilization: dict[str, tuple[int, int]]
    cached: bool
    wall_s: float


def place_and_route(
    synthesis: SynthesisResult, board: Board, out: Path, progress: Progress = silent
) -> PnrResult:
    """Places, routes and packs a synthesised design into the folder ``out``.

    A clock that is not reached is a result (``met`` is False), not an error. If it fails, ``out``
    holds the logs and no results.

    Raises :class:`FitError`, naming what is too much, if the design does not fit the device,
    :class:`UsageError` if ``out`` can't be written, :class:`MissingToolError`, and :class:`ToolError` if a
    tool fails otherwise.
    """
    start = time.monotonic()
    products = routing_products(board)
    with staging(out, products) as work:
        for name in (NETLIST, constraints_of(board)):
            shutil.copyfile(synthesis.folder / name, work / name)
        cached = _run(synthesis, board, [*products, _TOOL], work, progress)
        tool = (work / _TOOL).read_text(encoding="utf-8")
        report = _report(work)
    fmax = _fmax(report["fmax"], synthesis.clock_mhz)
    return PnrResult(
        tool=tool,
        fmax_mhz=fmax,
        met=fmax >= synthesis.clock_mhz,
        bitstream=out / f"{TOP}.{board.routing.bitstream}",
        utilization={kind: (u["used"], u["available"]) for kind, u in report["utilization"].items()},
        cached=cached,
        wall_s=time.monotonic() - start,
    )


def routing_products(board: Board) -> list[str]:
    """The files that place and route for ``board`` leaves."""
    routing = board.routing
    made = [f"{TOP}.{ending}" for ending in (routing.bitstream, routing.layout)]
    return [*made, REPORT, ROUTED, *(f"{program.name}.log" for program in routing.programs)]


def _run(
    synthesis: SynthesisResult, board: Board, results: list[str], work: Path, progress: Progress
) -> bool:
    """Makes the bitstream of the netlist in ``work``; says whether it comes from the cache."""
    router, packer = (TOOLS[program.name] for program in board.routing.programs)
    commands = _commands(synthesis.folder)

    def route_and_pack() -> bool:
        progress(f"{router.name}: placing and routing for {board.name}")
        _route(commands[0], board, work, progress)
        progress(f"{packer.name}: writing the bitstream")
        packer.run(commands[1], work, _log(work, packer.name), progress)
        (work / _TOOL).write_text(router.version(), encoding="utf-8")
        # only what can be used is kept: a clock that is not reached is worked out anew
        return _fmax(_report(work)["fmax"], synthesis.clock_mhz) >= synthesis.clock_mhz

    facts = (router.identity(), packer.identity(), json.dumps(commands))
    entry = f"nextpnr/{content_key(work.iterdir(), *facts)}"
    cached = through_cache(entry, work, results, route_and_pack)
    if cached:
        progress(f"{router.name}: nothing has changed, the bitstream comes from the cache")
    return cached


def _log(work: Path, tool: str) -> Path:
    return work / f"{tool}.log"


def _commands(folder: Path) -> tuple[list[str], list[str]]:
    """nextpnr's and the packer's arguments, as Amaranth planned them with the netlist."""
    plan = json.loads((folder / BUILD_PLAN).read_text(encoding="utf-8"))
    _, router, packer = plan["commands"]
    return router[1:], packer[1:]


def _route(arguments: list[str], board: Board, work: Path, progress: Progress) -> None:
    router = TOOLS[board.routing.router.name]
    try:
        router.run(arguments, work, _log(work, router.name), progress)
    except ToolError as error:
        over = [
            f"{used} of {has} {kind}" for kind, used, has in _USED.findall(error.log) if int(used) > int(has)
        ]
        if not over:
            raise
        raise does_not_fit(board, over) from None


def _report(work: Path) -> dict[str, Any]:
    """nextpnr's report on its result."""
    try:
        report: dict[str, Any] = json.loads((work / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ToolError(f"nextpnr left a damaged {REPORT} (is a disk full?): {error}", "") from error
    return report


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
