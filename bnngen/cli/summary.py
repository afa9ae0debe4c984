"""What a build shows while it runs, and at its end."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from rich.progress import BarColumn, Progress, SpinnerColumn, TimeElapsedColumn
from rich.text import Text

from bnngen.cli.console import Table, console, description, errors, warn
from bnngen.import_check.check import ImportCheck
from bnngen.toolflow.pipeline import BuildResult, Watcher

TITLES = {
    "estimate": "fitting the network to the board",
    "verilog": "writing Verilog",
    "simulate": "simulating the Verilog",
    "synth": "synthesis",
    "bitstream": "place and route",
}


class BuildScreen(Watcher):
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

    def step(self, name: str) -> None:
        self._finish(done=True)
        self._task = self._progress.add_task(TITLES[name], total=None)

    def message(self, text: str) -> None:
        self._progress.update(self._task, description=text)

    def frames(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)

    def _finish(self, done: bool) -> None:
        if self._task is not None and done:
            self._progress.update(self._task, completed=1, total=1)


def print_build(result: BuildResult) -> None:
    """The layers, and the figures that people want to know."""
    report = result.report.to_dict()
    console.print(_layers(report))
    console.print(_figures(report))
    warn(report["warnings"])
    console.print(f"results in {result.out}: report.html has all of this")


def _layers(report: dict[str, Any]) -> Table:
    schedule = report["schedule"]
    title = f"{report['board']} at {report['clock_mhz']:g} MHz"
    table = Table(title=title, caption="weights in bits; LUTs and memory as estimated")
    table.add_column("layer", overflow="fold")
    for heading in ("PE", "SIMD", "cycles", "weights", "in", "LUTs", schedule["bram_kind"]):
        table.add_column(heading, justify="right", no_wrap=True)
    for layer in report["layers"]:
        keys = ("pe", "simd", "cycles", "weight_bits", "weight_memory", "lut_estimate", "bram_estimate")
        table.add_row(layer["name"], *(_cell(layer.get(key)) for key in keys))
    return table


def _cell(value: Any) -> str:
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _figures(report: dict[str, Any]) -> Table:
    table = Table(show_header=False)
    schedule, available = report["schedule"], report["schedule"]["available"]
    table.add_row(
        "rate", f"{schedule['fps']:,.0f} frames/s ({schedule['cycles_per_frame']:,} cycles a frame)"
    )
    table.add_row("latency", f"{schedule['latency_cycles']:,} cycles, {_microseconds(report):.2f} µs")
    if schedule["weight_fill"] is not None:
        stored, ram = schedule["weight_bits_stored"], schedule["weight_ram_bits"]
        fill = f"{100 * schedule['weight_fill']:.1f} % full: {stored:,} weight bits in {ram:,}"
        table.add_row(f"weights in {schedule['bram_kind']}", fill)
    if check := report["model"].get("import_check"):
        table.add_row("import", str(ImportCheck(**check)))
    if report["simulation"]:
        table.add_row("simulation", _simulation(report["simulation"]))
    if report["synthesis"]:
        s = report["synthesis"]
        kinds = [k for k in ("lut", "ff", "bram", "spram") if available.get(k)]
        used = (f"{s[k]:,} of {available[k]:,} {k.upper()}" for k in kinds)
        table.add_row("synthesis", ", ".join(used))
    if report["pnr"]:
        p = report["pnr"]
        verdict = "met" if p["met"] else _wrong("NOT MET")
        reached = f"{p['fmax_mhz']:.1f} MHz reached, {report['clock_mhz']:g} MHz wanted: "
        table.add_row("timing", Text.assemble(reached, verdict))
        table.add_row("bitstream", p["bitstream"])
    return table


def _microseconds(report: dict[str, Any]) -> float:
    return report["schedule"]["latency_cycles"] / report["clock_mhz"]


def _simulation(s: dict[str, Any]) -> Text:
    wrong = s["mismatches"]
    exact = "all equal to the golden model" if wrong == 0 else _wrong(f"{wrong:,} MISMATCHES")
    accuracy = "" if s["accuracy"] is None else f", {100 * s['accuracy']:.2f} % correct"
    timing = "timing as predicted" if s["as_predicted"] else _wrong("TIMING NOT AS PREDICTED")
    return Text.assemble(f"{s['frames']:,} frames, ", exact, f"{accuracy}; ", timing)


def _wrong(text: str) -> tuple[str, str]:
    """A part of a line that nobody should overlook."""
    return text, "bold red"
