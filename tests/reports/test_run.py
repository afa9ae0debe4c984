"""The page of a training run, and its confusion matrix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bnngen.reports.columns import MOST_ANSWERS, outcomes
from bnngen.reports.results import MOST_OUTCOMES, ClassCount, RunRecord, TableColumn, TableRecord
from bnngen.reports.run import class_outcomes, write_run_report

LABELS, ANSWERS = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 0])
TABLE = TableRecord(
    file="fan.csv",
    rows=7,
    dropped=2,
    delimiter="comma",
    header=False,
    label="state",
    columns=[
        TableColumn(name="size", type="number", missing=2, words=0, bits=3, note=""),
        TableColumn(
            name="id", type="counter", missing=0, words=0, bits=0, note="left out: it numbers the rows"
        ),
    ],
    classes=[ClassCount(name="<ok>", rows=3), ClassCount(name="worn", rows=2)],
    bits=3,
)
FIGURES: dict[str, Any] = {
    "judge": "golden",
    "validation_accuracy": 0.75,
    "epochs": 2,
    "seconds": 1.0,
    "seed": 0,
    "weights": 10,
    "nonzero_weights": 10,
}
LOG = [
    {"train_accuracy": 0.5, "validation_accuracy": 0.5},
    {"train_accuracy": 0.75, "validation_accuracy": 0.75},
]


def test_the_confusion_matrix() -> None:
    found = class_outcomes(LABELS, ANSWERS, 3, ("ok", "worn", "broken"))
    assert [row.answers for row in found] == [[1, 1, 0], [1, 2, 0], [0, 0, 0]]
    assert [(row.samples, row.correct) for row in found] == [(2, 1), (3, 2), (0, 0)]
    assert [row.recall for row in found] == [0.5, pytest.approx(2 / 3), None]
    cells = [column.cell(found[2]) for column in outcomes(found)]
    assert cells == ["broken", "0", "-", "-", "0", "0", "0"]
    assert [row.mistaken for row in found] == [1, 0, None]
    assert outcomes(found)[3].cell(found[0]) == "worn (1)"


def test_classes_without_names_and_too_many() -> None:
    assert [row.name for row in class_outcomes(LABELS, ANSWERS, 2, ())] == ["0", "1"]
    assert class_outcomes(LABELS, ANSWERS, MOST_OUTCOMES + 1, ()) == []
    many = class_outcomes(LABELS, ANSWERS, MOST_ANSWERS + 1, ())
    assert sum(column.page_only for column in outcomes(many)) == MOST_ANSWERS + 1


@pytest.mark.parametrize("part", ["test", "validation"])
def test_the_page(tmp_path: Path, part: str) -> None:
    found = class_outcomes(LABELS, ANSWERS, 2, ("<ok>", "worn"))
    figures = {f"{part}_samples": 5, f"{part}_correct": 3, f"{part}_accuracy": 0.6}
    report = RunRecord(**{**FIGURES, **figures}, outcomes=found, table=TABLE, warnings=["look & see"])
    write_run_report(report, LOG, tmp_path)
    page = (tmp_path / "report.html").read_text()
    for text in (
        f"60.00 % of the {part} part of fan.csv",
        "7 rows, 2 of them left out for gaps, without a header line",
        "&lt;ok&gt; (3), worn (2)",
        "1 of 2 columns become 3 bits",
        "left out: it numbers the rows",
        "look &amp; see",
        '<td class="right">2</td>',
        "polyline",
    ):
        assert text in page
    assert "src=" not in page


def test_a_page_without_a_table(tmp_path: Path) -> None:
    figures = {"test_samples": 5, "test_correct": 3, "test_accuracy": 0.6}
    write_run_report(RunRecord(**{**FIGURES, **figures}), LOG, tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "Classes" not in page
    assert "What the table held" not in page
