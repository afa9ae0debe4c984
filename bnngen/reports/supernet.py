"""What a supernet is, and how it has learned, as a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bnngen.base.files import write_text
from bnngen.reports.curve import curve
from bnngen.reports.plot import Point, plot
from bnngen.reports.render import render
from bnngen.reports.sub_networks import SupernetRecord

PAGE = "supernet.html"
CURVES = {
    "networks in training": "train_accuracy",
    "smallest": "smallest_accuracy",
    "largest": "validation_accuracy",
}


def write_supernet_report(report: SupernetRecord, log: Sequence[dict[str, Any]], out: Path) -> None:
    """Write ``supernet.html`` into ``out``."""
    points = [Point(j.weights, 100 * j.accuracy, False, "sub-network") for j in report.judged]
    stages = [
        (entry["stage"], entry["epoch"])
        for before, entry in zip([{}, *log], log, strict=False)
        if before.get("stage") != entry["stage"]
    ]
    page = render(
        "supernet.html.j2", report=report, stages=stages, plot=plot(points, "weights"), **curve(log, CURVES)
    )
    write_text(out / PAGE, page)
