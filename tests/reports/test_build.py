"""The report: honest about what did not run, whole on disk, readable as a page."""

from pathlib import Path

import pytest

import bnngen
from bnngen.base.errors import DataError
from bnngen.design import Design
from bnngen.reports.build import read_report, render_html, report_of, write_report
from bnngen.reports.records import ModelRecord, NetlistCounts, SimulationRecord, SynthesisRecord

MODEL = ModelRecord(file="m.onnx", output="class")
COUNTS = {"lut": 10, "ff": 10, "bram": 0, "dsp": 0, "spram": 0}


@pytest.fixture(scope="module")
def design(digits: Path) -> Design:
    return bnngen.compile(bnngen.load(digits / "digits_1w1a.onnx", "class"), board="icebreaker")


def test_what_did_not_run_is_null(design: Design, tmp_path: Path) -> None:
    write_report(report_of(design, MODEL), tmp_path)
    report = read_report(tmp_path)
    assert report.simulation is report.synthesis is report.pnr is None
    assert report.layers[-1].op == "ArgMax"
    assert report.layers[-1].pe is None


def test_the_page_escapes_names(design: Design) -> None:
    page = render_html(report_of(design, ModelRecord(file="<b>.onnx", output="class")))
    assert "&lt;b&gt;.onnx" in page
    assert "<b>.onnx" not in page


def test_the_page_shows_failures(design: Design) -> None:
    report = report_of(design, MODEL)
    report.warnings.append("step 'synth' failed: no yosys")
    report.simulation = SimulationRecord(frames=10, mismatches=3, accuracy=None)
    page = render_html(report)
    assert "no yosys" in page
    assert 'class="bad">3 of 10' in page


def test_the_page_says_what_was_synthesized_and_where_it_comes_from(design: Design) -> None:
    report = report_of(design, MODEL)
    assert "estimated, without the serial link" in render_html(report)
    counts = NetlistCounts(**COUNTS)
    report.synthesis = SynthesisRecord(**COUNTS, tool="Yosys 1", cached=True, accelerator=counts)
    page = render_html(report)
    assert "synthesised, without the serial link" in page
    assert "Yosys 1 (from the cache)." in page
    report.synthesis = report.synthesis.model_copy(update={"lut": 20, "cached": False})
    page = render_html(report)
    assert "synthesised, with the serial link" in page
    assert "Yosys 1." in page


def test_a_damaged_report_is_said(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text('{"half')
    with pytest.raises(DataError, match="is damaged"):
        read_report(tmp_path)
    with pytest.raises(DataError, match="is not a build directory"):
        read_report(tmp_path / "nowhere")


def test_fifo_bits_count_every_buffer(design: Design) -> None:
    report = report_of(design, MODEL)
    assert report.schedule.fifo_bits == sum(part.buffer_bits for part in design.chain) > 0


def test_the_fill_of_the_weight_memories_is_shown(design: Design) -> None:
    report = report_of(design, MODEL)
    schedule = report.schedule
    assert schedule.weight_fill == schedule.weight_bits_stored / schedule.weight_ram_bits > 0
    assert f"{100 * schedule.weight_fill:.1f} % full" in render_html(report)
    report.schedule = schedule.model_copy(update={"weight_fill": None})
    assert "% full" not in render_html(report)


def test_layers_and_serial_link_add_up_to_the_estimate(design: Design) -> None:
    report = report_of(design, MODEL)
    layers = sum(layer.bram_estimate for layer in report.layers)
    assert report.schedule.estimate.bram == layers + 1
