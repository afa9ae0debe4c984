"""A training run for people: what the data held, how the network learned, and what it gets right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.base.files import write_text
from bnngen.reports.columns import FOUND, outcomes
from bnngen.reports.curve import curve
from bnngen.reports.render import render
from bnngen.reports.results import MOST_OUTCOMES, ClassOutcome, RunRecord

PAGE = "report.html"


def write_run_report(report: RunRecord, log: Sequence[dict[str, Any]], out: Path) -> None:
    """Write ``report.html`` into ``out``: a page that needs no other file. ``log`` has a line an epoch."""
    page = render(
        "train.html.j2", report=report, found=FOUND, outcomes=outcomes(report.outcomes), **curve(log)
    )
    write_text(out / PAGE, page)


def class_outcomes(
    labels: NDArray[np.int64], answers: NDArray[np.int64], classes: int, names: Sequence[str]
) -> list[ClassOutcome]:
    """The confusion matrix, a row for each class; nothing for more classes than `MOST_OUTCOMES`.

    ``labels`` and ``answers`` (N,) are class indices below ``classes``; without ``names`` classes are called
    by their indices.
    """
    if classes > MOST_OUTCOMES:
        return []
    matrix = np.bincount(labels * classes + answers, minlength=classes * classes).reshape(classes, classes)
    called = names or [str(index) for index in range(classes)]
    return [
        ClassOutcome(index=index, name=called[index], answers=[int(count) for count in row])
        for index, row in enumerate(matrix)
    ]
