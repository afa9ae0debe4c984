"""What a build shows while it runs, and at its end."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from rich.progress import BarColumn, Progress, SpinnerColumn, TimeElapsedColumn
from rich.text import Text

from bnngen.cli.console import Table, console, description, errors, table_of, warn
from bnngen.import_check.check import ImportCheck
from bnngen.reports.columns import build_layers
from bnngen.reports.rates import line_rate
from bnngen.reports.records import ReportRecord, SimulationRecord
from bnngen.reports.steps import BuildStep
from bnngen.toolflow.pipeline import BuildResult, BuildWatcher

TITLES = {
    BuildStep.ESTIMATE: "fitting the network to the board",
    BuildStep.VERILOG: "writing Verilog",
    BuildStep.SIMULATE: "simulating the Verilog",
    BuildStep.SYNTH: "synthesis",
    BuildStep.BITSTREAM: "place and route",
}


class BuildScreen(BuildWatcher):
    """A line with the current step, its progress and its time, on standard error."""

    def __init__(self) -> None:
        columns = (SpinnerColumn(), description(), BarColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=errors)
        self._task: Any = None

    def __enter__(self) -> BuildScreen:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish(done=error is None)
        self._progress.stop()

    def step(self, name: BuildStep) -> None:
        """Say that the step begins."""
        self._finish(done=True)
        self._task = self._progress.add_task(TITLES[name], total=None)

    def message(self, text: str) -> None:
        """Show the line."""
        self._progress.update(self._task, description=text)

    def frames(self, done: int, total: int) -> None:
        """Move the bar."""
        self._progress.update(self._task, completed=done, total=total)

    def _finish(self, done: bool) -> None:
        if self._task is not None and done:
            self._progress.update(self._task, completed=1, total=1)


def print_build(result: BuildResult, hint: bool) -> None:
    """The layers, and the figures that people want to know; ``hint``: whether ``--fps link`` may be worth a
    word."""
    report = result.report
    title = f"{report.board} at {report.clock_mhz:g} MHz"
    caption = "weights in bits; LUTs and memory as estimated"
    columns = build_layers(report.schedule.bram_kind)
    console.print(table_of(columns, report.layers, title=title, caption=caption))
    console.print(_figures(report, hint))
    warn(report.warnings)
    console.print(f"results in {result.out}: report.html has all of this", soft_wrap=True)


def _figures(report: ReportRecord, hint: bool) -> Table:
    table = Table(show_header=False)
    schedule = report.schedule
    table.add_row("rate", f"{schedule.fps:,.0f} frames/s ({schedule.cycles_per_frame:,} cycles a frame)")
    if schedule.link_fps is not None:
        table.add_row("serial line", line_rate(schedule.fps, schedule.link_fps, hint))
    microseconds = schedule.latency_cycles / report.clock_mhz
    table.add_row("latency", f"{schedule.latency_cycles:,} cycles, {microseconds:,.2f} µs")
    if schedule.weight_fill is not None:
        bits = f"{schedule.weight_bits_stored:,} weight bits in {schedule.weight_ram_bits:,}"
        table.add_row(f"weights in {schedule.bram_kind}", f"{100 * schedule.weight_fill:.1f} % full: {bits}")
    if check := report.model.import_check:
        table.add_row("import", str(ImportCheck(**check.to_dict())))
    if report.simulation:
        table.add_row("simulation", _simulation(report.simulation))
    if report.synthesis:
        have, made = schedule.available.to_dict(), report.synthesis.to_dict()
        kinds = [kind for kind in ("lut", "ff", "bram", "spram") if have.get(kind)]
        used = (f"{made[kind]:,} of {have[kind]:,} {kind.upper()}" for kind in kinds)
        table.add_row("synthesis", ", ".join(used))
    if pnr := report.pnr:
        verdict = "met" if pnr.met else _wrong("NOT MET")
        reached = f"{pnr.fmax_mhz:.1f} MHz reached, {report.clock_mhz:g} MHz wanted: "
        table.add_row("timing", Text.assemble(reached, verdict))
        table.add_row("bitstream", pnr.bitstream)
    return table


def _simulation(s: SimulationRecord) -> Text:
    wrong = s.mismatches
    exact = "all equal to the golden model" if wrong == 0 else _wrong(f"{wrong:,} MISMATCHES")
    accuracy = "" if s.accuracy is None else f", {100 * s.accuracy:.2f} % correct"
    timing = "timing as predicted" if s.as_predicted else _wrong("TIMING NOT AS PREDICTED")
    return Text.assemble(f"{s.frames:,} frames, ", exact, f"{accuracy}; ", timing)


def _wrong(text: str) -> tuple[str, str]:
    """A part of a line that nobody should overlook."""
    return text, "bold red"
