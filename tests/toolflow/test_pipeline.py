"""The steps of a build: how far it goes, what comes from the cache, what the report says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.named_model import NAMES, named_model

import bnngen
from bnngen.base.errors import FitError, UsageError
from bnngen.base.files import sole_writer
from bnngen.design import Design
from bnngen.reference.names import names_of
from bnngen.reports.build import read_report
from bnngen.toolflow import pipeline
from bnngen.toolflow.kept_model import kept_model
from bnngen.toolflow.netlist import netlist_folder
from bnngen.toolflow.pipeline import build, last_step
from bnngen.toolflow.routed import routed_folder
from bnngen.toolflow.simulation import random_frames
from bnngen.toolflow.synthesis import synthesize
from bnngen_boards.profile import load_board

NO_BITSTREAM = "pynq_z1 gets no bitstream: no open place and route for family xc7 comes with pip"


@pytest.fixture(scope="session")
def design(tiny_model: Path) -> Design:
    return bnngen.compile(bnngen.load(tiny_model), board="icebreaker", fps=1000)


@pytest.fixture(scope="session")
def large_fpga(tiny_model: Path) -> Design:
    return bnngen.compile(bnngen.load(tiny_model), board="pynq_z1", fps=1000)


class TestLastStep:
    def test_as_far_as_the_board_can(self) -> None:
        assert last_step(load_board("icebreaker"), None) == "bitstream"
        assert last_step(load_board("pynq_z1"), None) == "synth"

    def test_what_is_asked_for(self) -> None:
        assert last_step(load_board("icebreaker"), "bitstream") == "bitstream"
        assert last_step(load_board("pynq_z1"), "verilog") == "verilog"

    def test_a_step_that_the_board_does_not_have(self) -> None:
        with pytest.raises(UsageError, match=f"^{NO_BITSTREAM}: build with --until synth, or without"):
            last_step(load_board("pynq_z1"), "bitstream")


def test_names_come_through(tmp_path: Path) -> None:
    network = bnngen.load(named_model(tmp_path / "m.onnx"))
    report = bnngen.compile(network, board="icebreaker").build(tmp_path / "out", until="verilog").report
    assert report.model.classes == ["ok", "worn", "broken"]
    assert report.model.columns == ["left", "right"]
    assert (
        "Classes, from 0 on: ok, worn, broken. Raw columns: left, right."
        in (tmp_path / "out" / "report.html").read_text()
    )
    kept, _ = kept_model(tmp_path / "out")
    assert (
        kept.names == NAMES == names_of(json.loads((tmp_path / "out" / "rtl" / "interface.json").read_text()))
    )


class TestSynthesizedOnly:
    def test_the_build_ends_with_the_netlist_and_says_so(self, large_fpga: Design, tmp_path: Path) -> None:
        result = large_fpga.build(tmp_path)
        report = read_report(tmp_path)
        assert result.holds
        assert report.warnings == [f"{NO_BITSTREAM}: this build ends with its netlist"]
        assert report.pnr is None
        assert report.synthesis is not None
        assert report.synthesis.lut == report.synthesis.accelerator.lut > 10
        assert json.loads((tmp_path / "report.json").read_text())["synthesis"]["lut_levels"] > 0

    def test_whoever_asks_for_it_needs_no_warning(self, large_fpga: Design, tmp_path: Path) -> None:
        large_fpga.build(tmp_path, until="synth")
        assert read_report(tmp_path).warnings == []

    def test_a_bitstream_is_refused_before_anything_is_written(
        self, large_fpga: Design, tmp_path: Path
    ) -> None:
        with pytest.raises(UsageError, match=NO_BITSTREAM):
            large_fpga.build(tmp_path / "out", until="bitstream")
        assert not (tmp_path / "out").exists()

    def test_a_step_that_no_build_has(self, large_fpga: Design, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"no step 'route', only estimate, .*, bitstream"):
            large_fpga.build(tmp_path / "out", until="route")
        assert not (tmp_path / "out").exists()


def test_the_second_build_runs_no_tool(
    design: Design, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    design.build(tmp_path / "first")
    with monkeypatch.context() as patch:
        patch.setattr("bnngen.toolflow.toolchain.Tool.run", None)
        design.build(tmp_path / "second")
    reports = [read_report(tmp_path / name).model_dump() for name in ("first", "second")]
    for report in reports:
        for step in ("synthesis", "pnr"):
            del report[step]["wall_s"], report[step]["cached"]
    assert reports[0] == reports[1]
    second = read_report(tmp_path / "second")
    assert second.synthesis is not None
    assert second.pnr is not None
    assert second.synthesis.cached
    assert second.pnr.cached
    files = [
        path for path in (tmp_path / "first").rglob("*") if path.is_file() and path.parent.name != "first"
    ]
    assert len(files) > 10
    for path in files:
        assert (tmp_path / "second" / path.relative_to(tmp_path / "first")).read_bytes() == path.read_bytes()


def test_folders_with_awkward_names(design: Design, tmp_path: Path) -> None:
    """No shell, script or makefile takes any of it for something else, and the results are the same."""
    plain, taken = tmp_path / "plain", tmp_path / "é%d@+=:,~漢-x.y"
    apart = tmp_path / 'it\'s "a" $(b) #c [/red] %d ; é {e} \\f *? `g` <h>'
    assert build(design, plain, cache=False).holds
    assert build(design, taken, cache=False).holds
    assert build(design, apart, data=random_frames(design.schedule.network, 3), cache=False).holds
    files = {path.relative_to(plain) for path in plain.rglob("*") if path.is_file()}
    for out in (taken, apart):
        assert files == {path.relative_to(out) for path in out.rglob("*") if path.is_file()}
        for name in ("rtl/bnn_accelerator.v", "synth/top.json", "pnr/top.bin", "pnr/routed.json"):
            assert (plain / name).read_bytes() == (out / name).read_bytes(), name
        for netlist in (netlist_folder, routed_folder):
            with netlist(out) as folder:
                assert (folder / "bnn_accelerator.v").is_file()


def test_without_the_cache_every_tool_runs(design: Design, tmp_path: Path) -> None:
    design.build(tmp_path, until="synth")
    design.build(tmp_path, until="synth", cache=False)
    synthesis = read_report(tmp_path).synthesis
    assert synthesis is not None
    assert not synthesis.cached


def test_what_does_not_fit_is_said_after_synthesis(
    design: Design, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(*arguments: object) -> object:
        return replace(synthesize(*arguments), lut=9999)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "synthesize", too_large)
    with pytest.raises(FitError, match=r"it needs 9,999 of 5,280 LUT: ask for fewer"):
        design.build(tmp_path)
    report = read_report(tmp_path)
    assert report.synthesis is not None
    assert report.synthesis.lut == 9999
    assert report.pnr is None
    assert report.warnings[0].startswith("step 'synth' failed: the design does not fit icebreaker")
    assert (tmp_path / "synth" / "top.json").is_file()


def test_a_folder_that_another_build_writes_to(design: Design, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("")
    with (
        sole_writer(tmp_path),
        pytest.raises(UsageError, match=f"^another run is writing to the folder '{tmp_path}': wait"),
    ):
        build(design, tmp_path, until="verilog")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    build(design, tmp_path, until="verilog")
