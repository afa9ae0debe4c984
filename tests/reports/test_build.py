"""The report: honest about what did not run, whole on disk, readable as a page."""

import json
from pathlib import Path

import pytest

import bnngen
from bnngen.base.errors import DataError
from bnngen.design import Design
from bnngen.reports.build import Report, read_report, render_html


@pytest.fixture(scope="module")
def design(digits: Path) -> Design:
    return bnngen.compile(bnngen.load(digits / "digits_1w1a.onnx", "class"), board="icebreaker")


def test_what_did_not_run_is_null(design: Design, tmp_path: Path) -> None:
    Report.of_design(design, {"file": "m.onnx", "output": "class"}).write(tmp_path)
    report = read_report(tmp_path)
    assert report.simulation is report.synthesis is report.pnr is None
    assert report.layers[-1].op == "ArgMax"
    assert report.layers[-1].pe is None


def test_the_page_escapes_names(design: Design) -> None:
    page = render_html(Report.of_design(design, {"file": "<b>.onnx"}).to_dict())
    assert "&lt;b&gt;.onnx" in page
    assert "<b>.onnx" not in page


def test_the_page_shows_failures(design: Design) -> None:
    report = Report.of_design(design, {"file": "m.onnx"})
    report.warnings.append("step 'synth' failed: no yosys")
    report.simulation = {"frames": 10, "mismatches": 3, "accuracy": None}
    page = render_html(report.to_dict())
    assert "no yosys" in page
    assert 'class="bad">3 of 10' in page


def test_the_page_says_what_was_synthesised_and_where_it_comes_from(design: Design) -> None:
    report = Report.of_design(design, {"file": "m.onnx"})
    assert "estimated, without the serial link" in render_html(report.to_dict())
    counts = {"lut": 10, "ff": 10, "bram": 0, "dsp": 0, "spram": 0}
    report.synthesis = {**counts, "tool": "Yosys 1", "cached": True, "accelerator": counts}
    page = render_html(report.to_dict())
    assert "synthesised, without the serial link" in page
    assert "Yosys 1 (from the cache)." in page
    report.synthesis |= {"lut": 20, "cached": False}
    page = render_html(report.to_dict())
    assert "synthesised, with the serial link" in page
    assert "Yosys 1." in page


def test_a_damaged_report_is_said(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text('{"half')
    with pytest.raises(DataError, match="is damaged"):
        read_report(tmp_path)
    with pytest.raises(DataError, match="is not a build directory"):
        read_report(tmp_path / "nowhere")


def test_fifo_bits_count_every_buffer(design: Design) -> None:
    report = json.loads(json.dumps(Report.of_design(design, {}).to_dict()))
    assert report["schedule"]["fifo_bits"] == sum(part.buffer_bits for part in design.chain) > 0


def test_the_fill_of_the_weight_memories_is_shown(design: Design) -> None:
    report = Report.of_design(design, {"file": "m.onnx"}).to_dict()
    schedule = report["schedule"]
    assert schedule["weight_fill"] == schedule["weight_bits_stored"] / schedule["weight_ram_bits"] > 0
    assert f"{100 * schedule['weight_fill']:.1f} % full" in render_html(report)
    schedule["weight_fill"] = None
    assert "% full" not in render_html(report)


def test_layers_and_serial_link_add_up_to_the_estimate(design: Design) -> None:
    report = Report.of_design(design, {"file": "m.onnx"}).to_dict()
    layers = sum(layer["bram_estimate"] for layer in report["layers"])
    assert report["schedule"]["estimate"]["bram"] == layers + 1
