"""All students of a search in a table and two plots, for people and for scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from bnngen.base.files import write_text
from bnngen.reports.columns import CANDIDATES
from bnngen.reports.plot import Plot, Point, plot
from bnngen.reports.render import render
from bnngen.reports.results import SearchRecord

FILES = ("candidates.json", "compress.html")
"""What `write_report` writes."""


def write_report(report: SearchRecord, out: Path) -> None:
    """Write ``candidates.json`` and ``compress.html`` into ``out``."""
    figures, pictures = (out / name for name in FILES)
    write_text(figures, json.dumps(report.to_dict(), indent=2) + "\n")
    plots = [_plot(report, "bram", "block RAMs"), _plot(report, "lut", "LUTs (estimate)")]
    page = render("compress.html.j2", report=report, plots=plots, columns=CANDIDATES)
    write_text(pictures, page)


def _plot(report: SearchRecord, key: Literal["bram", "lut"], label: str) -> Plot:
    """Accuracy against ``key``; those that have learned to the end stand out."""
    points = [
        Point(getattr(c, key), 100 * c.validation_accuracy, c.final, f"student {c.number}")
        for c in report.candidates
    ]
    return plot(points, label)
