"""Runs the steps of a build one after another, and keeps the report true after each."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from bnngen.base.cache import caching
from bnngen.base.errors import UsageError
from bnngen.base.owned import owned
from bnngen.dataflow.fitted import Fitted
from bnngen.emit.board_link import board_link
from bnngen.emit.verilog import INTERFACE, VERILOG, write_verilog
from bnngen.host.board import link_of
from bnngen.host.generated.files import HOST_FILES, write_host_files
from bnngen.import_check.check import check_import
from bnngen.import_check.evaluator import EvaluationError
from bnngen.reference.data_file import Data
from bnngen.reference.network import Network
from bnngen.reports.build import PAGE, REPORT, SCHEMA, report_of, write_report
from bnngen.reports.records import (
    ImportCheckRecord,
    NetlistCounts,
    PnrRecord,
    ReportRecord,
    SynthesisRecord,
)
from bnngen.reports.second_look import fast_clock, words
from bnngen.reports.steps import STEPS, BuildStep
from bnngen.toolflow.kept_model import KEPT_MODEL, keep_model
from bnngen.toolflow.place_and_route import place_and_route, routing_products
from bnngen.toolflow.simulation import compare, random_frames, simulate_frames
from bnngen.toolflow.synthesis import SynthesisResult, check_fit, synthesis_products, synthesize
from bnngen_boards.profile import Board
from bnngen_sim.interface import Interface
from bnngen_sim.link import CURRENT_PROTOCOL

HOST = "host"
"""The folder of the programs that ask the board."""
STALE = (REPORT, SCHEMA, PAGE, "rtl", HOST, "synth", "pnr")
"""What a build removes of an earlier one."""
RANDOM_FRAMES = 64
"""How many random frames a simulation without verification data runs."""


class BuildWatcher:
    """Is told what a build does; this one keeps it to itself."""

    def step(self, name: BuildStep) -> None:
        """The step ``name`` of `STEPS` begins."""

    def message(self, text: str) -> None:
        """Something worth a line."""

    def frames(self, done: int, total: int) -> None:
        """``done`` of ``total`` frames are simulated."""


@dataclass(frozen=True)
class BuildResult:
    """The report of a build; ``holds`` says whether everything that was asked for is so."""

    report: ReportRecord
    out: Path

    @property
    def holds(self) -> bool:
        """Whether the simulation was exact and as predicted, and the timing is met."""
        simulation, pnr = self.report.simulation, self.report.pnr
        exact = simulation is None or (simulation.mismatches == 0 and simulation.as_predicted is True)
        return exact and (pnr is None or pnr.met)


def build(
    design: Fitted,
    out: Path,
    *,
    until: str | None = None,
    data: Data | None = None,
    watcher: BuildWatcher | None = None,
    cache: bool = True,
    protocol: int = CURRENT_PROTOCOL,
) -> BuildResult:
    """Build ``design`` into the folder ``out``, up to and with the step ``until``; None: as far as
    the board can.

    ``data`` is simulated and compared with the golden model; without it random frames are, if ``until`` is
    "simulate", and none otherwise. A copy of the model file stays in ``out`` for later simulations. Without
    ``cache`` every tool runs, though its input may be one that it has seen before. Real inputs are first
    compared with an evaluation of the file itself (see `bnngen.import_check`). ``protocol`` is that of the
    board's serial link.

    A step that fails raises its own error; the results of the steps before it stay, and the report says
    what happened. Raises ImportMismatchError if the file means something else; UsageError if the board has no
    such step, and as `owned`: what others have put into ``out`` stays, and must not be in the way.
    """
    board = design.schedule.board
    last = last_step(board, until)
    with owned(out, build_files(board, last), STALE), caching(cache):
        report = report_of(design, keep_model(design.schedule.network, out), protocol)
        report.warnings += words(fast_clock(board, report.clock_mhz))
        if until is None and last != BuildStep.BITSTREAM:
            report.warnings.append(f"{board.no_bitstream}: this build ends with its netlist")
        write_report(report, out)
        _check_import(design.schedule.network, data, report, out)
        run = _Run(design, out, report, data, watcher or BuildWatcher(), last, protocol)
        for name in STEPS[1 : STEPS.index(last) + 1]:
            run.step(name)
    return BuildResult(report, out)


def _check_import(network: Network, data: Data | None, report: ReportRecord, out: Path) -> None:
    """Compare the network with an evaluation of its file on the first frames of ``data``.

    Raises ImportMismatchError if they differ. A file that can't be evaluated so is worth a warning.
    """
    if data is None or data.x is None or network.source is None:
        return
    try:
        found = check_import(network, data.x, data.scale)
    except EvaluationError as error:
        report.warnings.append(str(error))
    else:
        check = ImportCheckRecord(**found.to_dict())
        report.model = report.model.model_copy(update={"import_check": check})
        if found.differing or found.undecided:
            report.warnings.append(f"import check: {found}")
        write_report(report, out)
        found.require()


def last_step(board: Board, until: str | None) -> BuildStep:
    """The last step of a build for ``board``: ``until``, or as far as the board can if that is None.

    Raises UsageError if there is no such step, or the board has none.
    """
    if until is not None and until not in STEPS:
        raise UsageError(f"a build has no step {until!r}, only {', '.join(STEPS)}")
    if until == BuildStep.BITSTREAM and not board.place_and_route:
        raise UsageError(f"{board.no_bitstream}: build with --until synth, or without --until")
    return BuildStep(until) if until else BuildStep.BITSTREAM if board.place_and_route else BuildStep.SYNTH


def build_files(board: Board, last: BuildStep) -> list[str]:
    """The files that a build for ``board`` up to and with the step ``last`` writes."""
    routed = routing_products(board) if board.place_and_route else ()
    names = {
        BuildStep.ESTIMATE: [KEPT_MODEL, REPORT, SCHEMA, PAGE],
        BuildStep.VERILOG: [f"rtl/{VERILOG}", f"rtl/{INTERFACE}", *(f"{HOST}/{name}" for name in HOST_FILES)],
        BuildStep.SIMULATE: [],
        BuildStep.SYNTH: [f"synth/{name}" for name in synthesis_products(board)],
        BuildStep.BITSTREAM: [f"pnr/{name}" for name in routed],
    }
    return [name for step in STEPS[: STEPS.index(last) + 1] for name in names[step]]


class _Run:
    """The state that the steps of one build share."""

    def __init__(
        self,
        design: Fitted,
        out: Path,
        report: ReportRecord,
        data: Data | None,
        watcher: BuildWatcher,
        until: BuildStep,
        protocol: int,
    ) -> None:
        self.design, self.out, self.report, self.watcher = design, out, report, watcher
        self.board = design.schedule.board
        self.network = design.schedule.network
        self.protocol = protocol
        wanted = data is None and until == BuildStep.SIMULATE
        self.data = random_frames(self.network, RANDOM_FRAMES) if wanted else data
        self._synthesis: SynthesisResult | None = None
        self._steps: dict[BuildStep, Callable[[], None]] = {
            BuildStep.VERILOG: self._verilog,
            BuildStep.SIMULATE: self._simulate,
            BuildStep.SYNTH: self._synth,
            BuildStep.BITSTREAM: self._bitstream,
        }

    def step(self, name: BuildStep) -> None:
        if name == BuildStep.SIMULATE and self.data is None:
            return
        self.watcher.step(name)
        try:
            self._steps[name]()
        except BaseException as error:
            reason = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error)
            self.report.warnings.append(f"step '{name}' failed: {reason}")
            with suppress(UsageError):  # on a full disk the report of the steps before stays
                write_report(self.report, self.out)
            raise
        write_report(self.report, self.out)

    def _verilog(self) -> None:
        link = board_link(self.design, self.protocol)
        write_verilog(self.design.schedule, self.design.chain, self.out / "rtl", link)
        if self.protocol == CURRENT_PROTOCOL:  # who builds for an old host has one
            interface = Interface.load(self.out / "rtl" / INTERFACE)
            write_host_files(self.network, interface, link_of(interface), self.out / HOST)

    def _simulate(self) -> None:
        assert self.data is not None
        result = simulate_frames(self.out / "rtl", self.data, progress=self.watcher.frames)
        predicted = (self.design.cycles_per_frame, self.design.latency_cycles)
        figures, found = compare(self.network, self.data, result, predicted)
        self.report.warnings += found
        self.report.simulation = figures
        if not figures.as_predicted:
            self.report.warnings.append("the simulated timing is not the predicted one: please report this")

    def _synth(self) -> None:
        interface = json.loads((self.out / "rtl" / INTERFACE).read_text(encoding="utf-8"))
        clock = float(self.design.schedule.clock_mhz)
        result = synthesize(
            self.out / "rtl", interface, self.board, clock, self.out / "synth", self.watcher.message
        )
        self._synthesis = result
        self.report.synthesis = SynthesisRecord(
            tool=result.tool,
            lut=result.lut,
            ff=result.ff,
            bram=result.bram,
            dsp=result.dsp,
            spram=result.spram,
            carry=result.carry,
            lut_levels=result.lut_levels,
            cached=result.cached,
            wall_s=result.wall_s,
            accelerator=NetlistCounts(**asdict(result.accelerator)),
        )
        check_fit(result, self.board)

    def _bitstream(self) -> None:
        assert self._synthesis is not None
        result = place_and_route(self._synthesis, self.board, self.out / "pnr", self.watcher.message)
        used = {kind: list(numbers) for kind, numbers in result.utilization.items()}
        self.report.pnr = PnrRecord(
            tool=result.tool,
            fmax_mhz=result.fmax_mhz,
            met=result.met,
            fps=self.design.fps,
            bitstream=str(result.bitstream.relative_to(self.out)),
            utilization=used,
            utilisation=used,
            cached=result.cached,
            wall_s=result.wall_s,
        )
