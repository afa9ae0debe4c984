"""From the accelerator's Verilog and a board to a netlist of the device's cells, with yosys.

The accelerator is synthesised on its own, then the design around it, then both are linked: so the
netlist that a simulation of the accelerator reads is the very one that is placed and routed.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bnngen.build.board_top import ACCELERATOR, BoardTop, StreamShape
from bnngen.build.cells import CellCounts, count_cells
from bnngen.build.toolchain import YOSYS, Progress, silent, staging
from bnngen.errors import UsageError
from bnngen_boards.platform import make_platform
from bnngen_boards.profile import Board

TOP = "top"
"""The name of the whole design, and of its files."""
NETLIST = f"{TOP}.json"
ACCELERATOR_NETLIST = f"{ACCELERATOR}_netlist.v"
BUILD_PLAN = f"build_{TOP}.json"
CONSTRAINTS = {"ice40": f"{TOP}.pcf", "ecp5": f"{TOP}.lpf"}
PNR_OPTIONS = {
    # the same seed gives the same bitstream; an unmet clock is an answer, not a failure
    "nextpnr_opts": "--seed 1 --timing-allow-fail --report report.json",
    "ecppack_opts": "--compress",
}
"""What place and route is asked for beyond what Amaranth asks."""
SYNTHESIS_LOG = "yosys.log"
_ACCELERATOR_JSON = f"{ACCELERATOR}_netlist.json"

SYNTHESIS_COMMAND = {
    # -dff lets abc9 see through registers, which removes those that hold the same value
    "ice40": "synth_ice40 -dff",
    # wide multiplexers cost more LUTs than they save in compressor trees
    "ecp5": "synth_ecp5 -nowidelut -cmp2softlogic",
}
"""The yosys command for each device family."""
ICE40_KINDS = {"iCE40HX": " -device hx", "iCE40LP": " -device lp", "iCE40UP": " -device u -dsp"}
"""What the command gets for each kind of iCE40: their delays differ, and only one has multipliers."""

_SCRIPT = """\
# without this abc9 can spend minutes proving its own result
scratchpad -set abc9.verify 0
scratchpad -copy abc9.script.flow3 abc9.script
read_verilog {accelerator}.v
{synth} -top {accelerator}
stat
write_json {accelerator}_netlist.json
write_verilog -noattr {accelerator}_netlist.v
design -stash accelerator
read_rtlil {top}.il
design -copy-from accelerator -as {accelerator} {accelerator}
blackbox {accelerator}
{synth} -top {top}
delete ={accelerator}
design -copy-from accelerator -as {accelerator} {accelerator}
hierarchy -check -top {top}
flatten
opt_clean
check -assert
stat
write_json {top}.json
"""


@dataclass(frozen=True)
class SynthesisResult:
    """What came out of synthesis.

    ``tool`` is its version. The counts are those of the whole design on the board: ``lut`` (4-input
    LUTs, and what adders and LUT memories take of them), ``ff``, ``bram`` and ``dsp`` blocks, ``carry``
    (carry cells); ``accelerator`` has the same counts for the accelerator alone. ``folder`` holds
    the files that place and route needs; ``netlist`` is the linked one, ``accelerator_netlist``
    the accelerator's, in Verilog. ``clock_mhz`` is the clock that the PLL makes. ``wall_s`` seconds.
    """

    tool: str
    lut: int
    ff: int
    bram: int
    dsp: int
    carry: int
    accelerator: CellCounts
    wall_s: float
    clock_mhz: float
    folder: Path
    netlist: Path
    accelerator_netlist: Path


def synthesize(
    rtl: Path,
    interface: Mapping[str, Any],
    board: Board,
    clock_mhz: float,
    out: Path,
    progress: Progress = silent,
) -> SynthesisResult:
    """Synthesises ``rtl/bnn_accelerator.v`` for ``board`` into the folder ``out``.

    ``interface`` is what ``interface.json`` says, ``clock_mhz`` the wanted clock. If it fails,
    ``out`` holds the log and no results.

    Raises :class:`UsageError` if there is no such Verilog, ``BoardError`` if the board cannot make
    the clock, :class:`MissingToolError` and ``MissingPackageError`` if something is not installed,
    and :class:`ToolError` if yosys fails.
    """
    start = time.monotonic()
    top = BoardTop(board, StreamShape.from_interface(interface), clock_mhz)
    with staging(out, _products(board)) as work:
        _write_sources(rtl, board, top, work)
        progress(f"yosys: synthesising for {board.name} at {float(top.clock.out_mhz):g} MHz")
        YOSYS.run(["synthesis.ys"], work, work / SYNTHESIS_LOG, progress)
        whole = _counts(work / NETLIST, board, TOP)
        accelerator = _counts(work / _ACCELERATOR_JSON, board, ACCELERATOR)
    return SynthesisResult(
        tool=YOSYS.version(),
        **asdict(whole),
        accelerator=accelerator,
        wall_s=time.monotonic() - start,
        clock_mhz=float(top.clock.out_mhz),
        folder=out,
        netlist=out / NETLIST,
        accelerator_netlist=out / ACCELERATOR_NETLIST,
    )


def synthesis_command(board: Board) -> str:
    """The yosys command for the device of ``board``."""
    kind = next((options for prefix, options in ICE40_KINDS.items() if board.device.startswith(prefix)), "")
    return SYNTHESIS_COMMAND[board.family] + kind


def _products(board: Board) -> list[str]:
    return [NETLIST, ACCELERATOR_NETLIST, BUILD_PLAN, CONSTRAINTS[board.family], SYNTHESIS_LOG]


def _write_sources(rtl: Path, board: Board, top: BoardTop, work: Path) -> None:
    """The accelerator with its memory images, the design around it, its constraints and the script."""
    source = rtl / f"{ACCELERATOR}.v"
    if not source.is_file():
        raise UsageError(f"{source}: no such file: run 'bnngen build' up to the step 'verilog' first")
    for path in (source, *sorted(rtl.glob("*.mem"))):
        shutil.copyfile(path, work / path.name)
    # Amaranth plans the commands too; place and route takes them from the plan
    plan = make_platform(board).prepare(top, name=TOP, emit_src=False, verbose=True, **PNR_OPTIONS)
    for name in (f"{TOP}.il", BUILD_PLAN, CONSTRAINTS[board.family]):
        (work / name).write_text(plan.files[name], encoding="utf-8")
    script = _SCRIPT.format(accelerator=ACCELERATOR, top=TOP, synth=synthesis_command(board))
    (work / "synthesis.ys").write_text(script, encoding="utf-8")


def _counts(netlist: Path, board: Board, module: str) -> CellCounts:
    modules = json.loads(netlist.read_text(encoding="utf-8"))["modules"]
    return count_cells(board.family, modules[module])
