"""From the accelerator's Verilog and a board to a netlist of the device's cells, with yosys.

The accelerator is synthesised on its own, then the design around it, then both are linked: so the
netlist that a simulation of the accelerator reads is the very one that is placed and routed. For a
board that is synthesised only, there is the accelerator alone.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bnngen.base.cache import content_key
from bnngen.base.errors import FitError, ToolError, UsageError
from bnngen.toolflow.board_top import BoardTop, reset_cycles
from bnngen.toolflow.flow import TOP, WRITE_NETLIST, synthesis_script
from bnngen.toolflow.levels import lut_levels
from bnngen.toolflow.staging import staging, through_cache
from bnngen.toolflow.toolchain import YOSYS, Progress, silent
from bnngen.toolflow.yosys_log import LINES_A_PASS
from bnngen_boards.families import family
from bnngen_boards.families.cell_counts import CellCounts
from bnngen_boards.platform import make_platform, resource_names
from bnngen_boards.pll import plan_clock
from bnngen_boards.profile import Board
from bnngen_hw.edges.link import ACCELERATOR, StreamShape
from bnngen_sim.verilator import source_files

NETLIST = f"{TOP}.json"
ACCELERATOR_JSON = f"{ACCELERATOR}.json"
ACCELERATOR_NETLIST = f"{ACCELERATOR}_netlist.v"
BUILD_PLAN = f"build_{TOP}.json"
SERIAL = "serial.json"
"""How a host talks to the board: names of the pins, clock cycles a bit, cycles of the reset."""
ROUTED = "routed.json"
"""What place and route says about the netlist that it made."""
SYNTHESIS_LOG = "yosys.log"
_TOOL = "tool.txt"

_ACCELERATOR_SCRIPT = f"""\
check -assert
stat
write_verilog -noattr {ACCELERATOR_NETLIST}
"""
_BOARD_SCRIPT = f"""\
design -stash accelerator
read_rtlil {{top}}.il
design -copy-from accelerator -as {ACCELERATOR} {ACCELERATOR}
blackbox {ACCELERATOR}
{{synth}} -top {{top}}
delete ={ACCELERATOR}
design -copy-from accelerator -as {ACCELERATOR} {ACCELERATOR}
hierarchy -check -top {{top}}
flatten
opt_clean
check -assert
stat
# cells of their models are named by where these lie on this machine
setattr -mod -unset whitebox -unset blackbox =* {{top}} %d
blackbox * {{top}} %d
{WRITE_NETLIST}"""


@dataclass(frozen=True)
class SynthesisResult:
    """What came out of synthesis.

    ``tool`` is its version. The counts are those of the whole design on the board: ``lut`` (LUTs of the
    device, and what adders and LUT memories take of them), ``ff``, ``bram`` and ``dsp`` blocks, ``carry``
    (carry cells), ``spram`` (single-port memories); ``accelerator`` has the same counts for the accelerator
    alone. ``lut_levels`` is the greatest number of LUTs between two registers (see :func:`lut_levels`).
    ``folder`` holds the files that place and route needs; ``netlist`` is the linked one,
    ``accelerator_netlist`` the accelerator's, in Verilog. ``clock_mhz`` is the clock that the PLL makes.
    ``cached`` says that the netlists come from an earlier run on the same input. ``wall_s`` seconds.

    For a board that is synthesised only, the whole design is the accelerator, and the clock the wanted one.
    """

    tool: str
    lut: int
    ff: int
    bram: int
    dsp: int
    carry: int
    spram: int
    accelerator: CellCounts
    lut_levels: int | None
    wall_s: float
    cached: bool
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

    Raises :class:`UsageError` if there is no such Verilog or ``out`` can't be written, ``BoardError`` if
    the board cannot make the clock, :class:`MissingToolError` and ``MissingPackageError`` if something is
    not installed, and :class:`ToolError` if yosys fails.
    """
    start = time.monotonic()
    clock = plan_clock(board.clock, clock_mhz).out_mhz
    shape = StreamShape.from_interface(interface)
    top = BoardTop(board, shape, clock_mhz) if board.place_and_route else None
    name = NETLIST if top else ACCELERATOR_JSON
    with staging(out, synthesis_products(board)) as work:
        _write_sources(rtl, board, top, work)
        cached = _run(board, float(clock), name, work, progress)
        tool = (work / _TOOL).read_text(encoding="utf-8")
        whole, accelerator = _module(work / name), _module(work / ACCELERATOR_JSON)
    kind = family(board.family)
    return SynthesisResult(
        tool=tool,
        **asdict(kind.count(whole)),
        accelerator=kind.count(accelerator),
        lut_levels=lut_levels(kind, whole),
        wall_s=time.monotonic() - start,
        cached=cached,
        clock_mhz=float(clock),
        folder=out,
        netlist=out / name,
        accelerator_netlist=out / ACCELERATOR_NETLIST,
    )


def check_fit(synthesis: SynthesisResult, board: Board) -> None:
    """Raises FitError, which names everything that is too much, if the netlist exceeds the device: place
    and route would find out only minutes later."""
    have = board.resources
    available = {"LUT": have.lut, "FF": have.ff, have.bram.kind: have.bram.blocks, "DSP": have.dsp}
    used = [synthesis.lut, synthesis.ff, synthesis.bram, synthesis.dsp]
    if have.spram:
        available[have.spram.kind] = have.spram.blocks
        used.append(synthesis.spram)
    over = [
        f"{count:,} of {available[kind]:,} {kind}"
        for kind, count in zip(available, used, strict=True)
        if count > available[kind]
    ]
    if over:
        raise does_not_fit(board, over)


def does_not_fit(board: Board, over: list[str]) -> FitError:
    """The error that says of what a design takes too much (``over``: "5,600 of 5,280 LUT")."""
    return FitError(
        f"the design does not fit {board.name} ({board.device}): it needs {', '.join(over)}: "
        "ask for fewer frames a second, or take a smaller network or a larger board"
    )


def synthesis_products(board: Board) -> list[str]:
    """The files that synthesis for ``board`` leaves."""
    if not board.place_and_route:
        return [ACCELERATOR_JSON, ACCELERATOR_NETLIST, SYNTHESIS_LOG]
    return [NETLIST, ACCELERATOR_NETLIST, BUILD_PLAN, SERIAL, constraints_of(board), SYNTHESIS_LOG]


def constraints_of(board: Board) -> str:
    """The file that says where the pins are."""
    return f"{TOP}.{board.routing.constraints}"


def _write_sources(rtl: Path, board: Board, top: BoardTop | None, work: Path) -> None:
    """The accelerator with its memory images, the design around it, its constraints and the script."""
    source = rtl / f"{ACCELERATOR}.v"
    if not source.is_file():
        raise UsageError(f"{source}: no such file: run 'bnngen build' up to the step 'verilog' first")
    for path in source_files(rtl):
        shutil.copyfile(path, work / path.name)
    script = synthesis_script(board, f"read_verilog {ACCELERATOR}.v", ACCELERATOR) + _ACCELERATOR_SCRIPT
    if top is not None:
        _write_board_top(board, top, work)
        script += _BOARD_SCRIPT.format(top=TOP, synth=family(board.family).synthesis_command(board.device))
    (work / "synthesis.ys").write_text(script, encoding="utf-8")


def _write_board_top(board: Board, top: BoardTop, work: Path) -> None:
    """Amaranth plans the commands too; place and route takes them from the plan."""
    options = _pnr_options(board)
    plan = make_platform(board).prepare(top, name=TOP, emit_src=False, verbose=True, **options)
    for name in (f"{TOP}.il", BUILD_PLAN, constraints_of(board)):
        (work / name).write_text(plan.files[name], encoding="utf-8")
    (work / SERIAL).write_text(json.dumps(_serial(board, top), indent=2) + "\n", encoding="utf-8")


def _pnr_options(board: Board) -> dict[str, str]:
    """What place and route is asked for beyond what Amaranth asks."""
    nextpnr = [
        # the same seed gives the same bitstream; an unmet clock is an answer, not a failure
        "--seed 1 --timing-allow-fail",
        f"--placer {board.routing.placer}",
        f"--report report.json --write {ROUTED}",
    ]
    return {"nextpnr_opts": " ".join(nextpnr), **board.routing.options}


def _serial(board: Board, top: BoardTop) -> dict[str, Any]:
    """The contents of `SERIAL`."""
    names = resource_names(board)
    pins = {"clk": f"{names.clock}_0__io", "rx": f"{names.uart}_0__rx__io", "tx": f"{names.uart}_0__tx__io"}
    led = None
    if names.led is not None:
        pins["led"] = f"{names.led}_0__io"
        led = make_platform(board).lookup(names.led, 0).ios[0].invert
    return {
        "pins": pins,
        "divisor": top.divisor,
        "reset_cycles": reset_cycles(top.clock.out_mhz),
        "led_active_low": led,
    }


def _run(board: Board, clock_mhz: float, netlist: str, work: Path, progress: Progress) -> bool:
    """Makes the netlists of the sources in ``work``; says whether they come from the cache."""

    def synthesize() -> bool:
        progress(f"yosys: synthesising for {board.name} at {clock_mhz:g} MHz")
        YOSYS.run(["synthesis.ys"], work, work / SYNTHESIS_LOG, progress)
        (work / _TOOL).write_text(YOSYS.version(), encoding="utf-8")
        for name in {netlist, ACCELERATOR_JSON}:
            _module(work / name)
        return True

    # what is kept of the log is a result too
    entry = f"yosys/{content_key(work.iterdir(), YOSYS.identity(), f'{LINES_A_PASS} lines')}"
    results = {netlist, ACCELERATOR_JSON, ACCELERATOR_NETLIST, SYNTHESIS_LOG, _TOOL}
    cached = through_cache(entry, work, results, synthesize)
    if cached:
        progress("yosys: nothing has changed, the netlist comes from the cache")
    return cached


def _module(netlist: Path) -> Mapping[str, Any]:
    """The module of a netlist that is named as its file."""
    try:
        modules = json.loads(netlist.read_text(encoding="utf-8"))["modules"]
        module: Mapping[str, Any] = modules[netlist.stem]
    except (OSError, ValueError, KeyError) as error:
        raise ToolError(f"yosys left a damaged {netlist.name} (is a disk full?): {error}", "") from error
    return module
