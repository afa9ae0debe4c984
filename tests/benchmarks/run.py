"""Runs the benchmarks and prints their tables: ``python tests/benchmarks/run.py [--only NAME ...] [--all]``.

Every ``bench_*.py`` beside this file may register benchmarks (see `bench.benchmark`). Figures are medians; ratios
are taken round by round within this one run, since absolute figures depend on the machine and on who else uses it.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
from pathlib import Path

import numpy as np
from bench import REGISTRY, ROOT, Row, Settings, Table
from rich.console import Console
from rich.table import Table as RichTable

from bnngen.base.processes import usable_cores


def main(arguments: list[str] | None = None) -> None:
    """Parses the command line and runs what it names."""
    discover()
    options = _parse(arguments)
    settings = Settings(options.shared if options.shared.is_dir() else None, options.frames, options.rounds)
    console = Console()
    machine = f"{platform.machine()}, {usable_cores()} cores"
    versions = f"Python {platform.python_version()}, numpy {np.__version__}"
    console.print(f"{machine}; {versions}; medians of {settings.rounds} rounds")
    for name in chosen(arguments):
        for table in REGISTRY[name].run(settings):
            console.print(render(table))


def discover() -> None:
    """Imports every file that may register benchmarks."""
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        importlib.import_module(path.stem)


def chosen(arguments: list[str] | None = None) -> list[str]:
    """The names of the benchmarks that a command line asks for."""
    options = _parse(arguments)
    if options.only:
        return [name for name in REGISTRY if name in options.only]
    return [name for name, entry in REGISTRY.items() if options.all or not entry.slow]


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    shared = Path(os.environ.get("BNNGEN_SHARED") or ROOT.parent / "shared")
    parser = argparse.ArgumentParser(description="Run the benchmarks.")
    parser.add_argument("--only", nargs="+", choices=list(REGISTRY), help="only these benchmarks")
    parser.add_argument("--all", action="store_true", help="the slow ones too")
    parser.add_argument("--shared", type=Path, default=shared, help="the folder with real models")
    parser.add_argument("--frames", type=int, default=10_000, help="images of one measurement")
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured")
    return parser.parse_args(arguments)


def render(table: Table) -> RichTable:
    """A table as it is printed."""
    caption = "\n".join(table.notes) or None
    shown = RichTable(title=table.title, caption=caption, title_justify="left", caption_justify="left")
    shown.add_column("")
    for heading in ("figure", f"x {table.baseline}"):
        shown.add_column(heading, justify="right")
    shown.add_column("target")
    for row in table.rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.3g}"
        shown.add_row(row.what, f"{_number(row.figure)} {row.unit}", ratio, _target(row))
    return shown


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _target(row: Row) -> str:
    if row.met is None:
        return str(row.target)
    return f"{row.target} " + ("[green]met[/]" if row.met else "[bold red]missed[/]")


if __name__ == "__main__":
    main()
