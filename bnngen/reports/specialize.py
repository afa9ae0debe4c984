"""The sub-networks of a search for a board: for people in a table and plots, and for scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from bnngen.base.files import write_text
from bnngen.reports.columns import SUBNETS
from bnngen.reports.plot import Plot, Point, plot
from bnngen.reports.render import render
from bnngen.reports.sub_networks import SpecializedRecord

FILES = ("candidates.json", "specialize.html")
"""What `write_report` writes."""


def write_report(report: SpecializedRecord, out: Path) -> None:
    """Write ``candidates.json`` and ``specialize.html`` into ``out``."""
    figures, pictures = (out / name for name in FILES)
    write_text(figures, json.dumps(report.to_dict(), indent=2) + "\n")
    plots = [_plot(report, "bram", "block RAMs"), _plot(report, "lut", "LUTs (estimate)")]
    write_text(pictures, render("specialize.html.j2", report=report, plots=plots, columns=SUBNETS))


def _plot(report: SpecializedRecord, key: Literal["bram", "lut"], label: str) -> Plot:
    """Accuracy against ``key``; those on the front stand out."""
    front = {c.number for c in report.front}
    points = [
        Point(getattr(c, key), 100 * c.accuracy, c.number in front, f"network {c.number}")
        for c in report.candidates
    ]
    return plot(points, label)
