"""All students of a search in a table and two plots, for people and for scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from bnngen.base.files import write_text
from bnngen.reports.columns import CANDIDATES
from bnngen.reports.render import render
from bnngen.reports.results import CandidateRecord, SearchRecord

FILES = ("candidates.json", "compress.html")
"""What `write_report` writes."""
WIDTH, HEIGHT, EDGE = 420, 260, 46
"""Of a plot, in pixels; the axes' labels stand in the edge."""


def write_report(report: SearchRecord, out: Path) -> None:
    """Write ``candidates.json`` and ``compress.html`` into ``out``."""
    figures, pictures = (out / name for name in FILES)
    write_text(figures, json.dumps(report.to_dict(), indent=2) + "\n")
    plots = [plot(report.candidates, "bram", "block RAMs"), plot(report.candidates, "lut", "LUTs (estimate)")]
    page = render("compress.html.j2", report=report, plots=plots, columns=CANDIDATES)
    write_text(pictures, page)


def plot(candidates: Sequence[CandidateRecord], key: Literal["bram", "lut"], label: str) -> dict[str, Any]:
    """A scatter plot of accuracy against ``key``: points in pixels, and the ends of both axes."""
    xs = [c.bram if key == "bram" else c.lut for c in candidates]
    ys = [100 * c.validation_accuracy for c in candidates]
    x_ends, y_ends = (0.0, max(1.0, *xs) * 1.05), (min(ys) - 0.5, max(ys) + 0.5)
    points = [
        {
            "x": EDGE + (x - x_ends[0]) / (x_ends[1] - x_ends[0]) * (WIDTH - EDGE),
            "y": (HEIGHT - EDGE) * (1 - (y - y_ends[0]) / (y_ends[1] - y_ends[0])),
            "final": c.final,
            "title": f"student {c.number}: {y:.2f} %, {x:,} {label}",
        }
        for x, y, c in zip(xs, ys, candidates, strict=True)
    ]
    return {
        "label": label,
        "points": points,
        "x_ends": [f"{v:,.0f}" for v in x_ends],
        "y_ends": [f"{v:.1f} %" for v in y_ends],
        "size": (WIDTH, HEIGHT, EDGE),
    }
