"""The columns: what they say of a row, and that docs/guide.md names the same ones."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import bnngen
from bnngen.cli.console import table_of
from bnngen.reports.build import render_html, report_of
from bnngen.reports.columns import CANDIDATES, LAYERS, PRODUCTS, SUBNETS, Column, build_layers
from bnngen.reports.diagnosis import FILE_LAYERS
from bnngen.reports.model import summarize
from bnngen.reports.records import ModelRecord, ReportRecord
from bnngen.reports.results import CandidateRecord, ProductRecord

TABLES: dict[str, Iterable[Column[Any]]] = {
    "`bnngen inspect`": LAYERS,
    "`bnngen inspect` of a file that is refused": FILE_LAYERS,
    "`bnngen build`, `report.html`": build_layers("its block RAM's name"),
    "`bnngen compress`, `compress.html`": CANDIDATES,
    "`bnngen specialize`, `specialize.html`": SUBNETS,
    "`bnngen quantize`": PRODUCTS,
}


@pytest.fixture(scope="module")
def report(digits: Path) -> ReportRecord:
    design = bnngen.compile(bnngen.load(digits / "digits_1w1a.onnx", "class"), "icebreaker", fps=405_405)
    return report_of(design, ModelRecord(file="m.onnx", output="class"))


@pytest.mark.parametrize("name", TABLES)
def test_the_guide_has_the_same_columns(name: str) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guide.md").read_text(encoding="utf-8")
    columns = "; ".join(f"*{column.heading}*: {column.meaning}" for column in TABLES[name])
    assert f"\n| {name} | {columns} |\n" in guide


def test_a_layer_of_inspect(digits: Path) -> None:
    first = summarize(bnngen.load(digits / "digits_1w1a.onnx")).layers[0]
    cells = [column.cell(first) for column in LAYERS]
    assert cells == ["/dense_0/MatMul", "Dense", "256", "bipolar", "bipolar", "16,384", "16,384"]
    window = first.model_copy(update={"op": "Conv2d", "window": "3x3 stride 2", "output_shape": [8, 8, 4]})
    assert [column.cell(window) for column in LAYERS][1:3] == ["Conv2d 3x3", "8x8x4"]


def test_what_a_layer_does_not_have_is_a_dash(report: ReportRecord) -> None:
    cells = [column.cell(report.layers[-1]) for column in build_layers("RAM")]
    assert cells == [report.layers[-1].name, "ArgMax", "-", "-", "-", "0", "-", "0", "0"]


def test_a_candidate_and_a_product() -> None:
    student = CandidateRecord(
        number=3,
        start="pruned",
        widths=[64, 32],
        dense=[16],
        weight_bits=1,
        act_bits=2,
        epochs=4,
        weight_memory_bits=12_345,
        bram=5,
        lut=6_000,
        fps=1234.5,
        link_fps=987.6,
        validation_accuracy=0.987,
        final=True,
    )
    cells = ["3", "pruned", "64-32-16", "1W2A", "4", "12", "5", "6,000", "1,234", "988", "98.70 %"]
    assert [column.cell(student) for column in CANDIDATES] == cells
    unheard = student.model_copy(update={"link_fps": None})
    assert [column.cell(unheard) for column in CANDIDATES][-2] == "-"
    product = ProductRecord(name="fc", weights=1000, weight_bits=3, sqnr_db=12.34)
    assert [column.cell(product) for column in PRODUCTS] == ["fc", "1,000", "3", "12.3"]


def test_screen_and_page_show_them(report: ReportRecord) -> None:
    columns = build_layers(report.schedule.bram_kind)
    screen = table_of(columns, report.layers)
    assert [c.header for c in screen.columns] == [c.heading for c in columns if not c.page_only]
    assert [list(c.cells) for c in screen.columns] == [
        [c.cell(layer) for layer in report.layers] for c in columns if not c.page_only
    ]
    page = render_html(report)
    for column in columns:
        assert f">{column.heading}</th>" in page
    cells = "".join(f"<td>{column.cell(report.layers[1])}</td>" for column in columns)
    assert f"<tr>{cells}</tr>" in page
