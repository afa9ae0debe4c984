"""The table and the plots of a search."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bnngen.reports.results import SearchRecord
from bnngen.reports.search import write_report


def student(number: int, accuracy: float, bram: int, final: bool = False) -> dict[str, Any]:
    return {
        "number": number,
        "start": "pruned" if final else "scratch",
        "widths": [64, 32],
        "dense": [],
        "weight_bits": 1,
        "act_bits": 2,
        "epochs": 3,
        "weight_memory_bits": 1000,
        "bram": bram,
        "lut": 100 * bram,
        "fps": 1234.5,
        "link_fps": 678.9,
        "validation_accuracy": accuracy,
        "final": final,
    }


RUN = {
    "judge": "golden",
    "validation_accuracy": 0.97,
    "test_samples": 100,
    "test_correct": 96,
    "test_accuracy": 0.96,
    "epochs": 3,
    "seconds": 1.5,
    "seed": 0,
    "weights": 1000,
    "nonzero_weights": 1000,
}
FIGURES = {
    "board": "icebreaker",
    "candidates": [student(1, 0.90, 10), student(2, 0.95, 20), student(2, 0.97, 20, final=True)],
    "winner": student(2, 0.97, 20, final=True) | {"test": RUN},
    "warnings": [],
}
REPORT = SearchRecord.model_validate(FIGURES)


def test_the_files(tmp_path: Path) -> None:
    write_report(REPORT, tmp_path)
    assert json.loads((tmp_path / "candidates.json").read_text()) == FIGURES
    page = (tmp_path / "compress.html").read_text()
    assert page.count("<circle") == 6
    assert page.count('class="final"') == 2
    assert "student 2: 97.00 %, 2,000 LUTs (estimate)" in page
    assert page.count('class="winner"') == 1
    assert (page.count("<td>scratch</td>"), page.count("<td>pruned</td>")) == (2, 1)
    assert "96.00 % on the test part, on icebreaker" in page
    assert "1,234 frames a second, 679 over the serial line." in page
    assert page.count("<td>679</td>") == 3


def test_a_board_without_a_serial_line(tmp_path: Path) -> None:
    students = [c.model_copy(update={"link_fps": None}) for c in REPORT.candidates]
    winner = REPORT.winner.model_copy(update={"link_fps": None})
    write_report(REPORT.model_copy(update={"candidates": students, "winner": winner}), tmp_path)
    page = (tmp_path / "compress.html").read_text()
    assert "1,234 frames a second.</p>" in page
    assert page.count("<td>-</td>") == 3
