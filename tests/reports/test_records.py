"""Files of a build folder, edited by hand: read, or one error that names the file, the field and what is accepted."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bnngen
from bnngen.base.errors import DataError
from bnngen.reports.build import read_report, render_html, report_of
from bnngen.reports.records import (
    ModelRecord,
    NetlistCounts,
    PnrRecord,
    ReportRecord,
    SerialRecord,
    SimulationRecord,
    SynthesisRecord,
    read_record,
)

COUNTS = {"lut": 10, "ff": 10, "bram": 0, "dsp": 0, "spram": 0}


@pytest.fixture(scope="module")
def report(digits: Path) -> dict[str, Any]:
    """A report of all steps."""
    design = bnngen.compile(bnngen.load(digits / "digits_1w1a.onnx", "class"), "icebreaker", fps=1000)
    made = report_of(design, ModelRecord(file="m.onnx", sha256="0", output="class"))
    made.simulation = SimulationRecord(frames=10, mismatches=0, accuracy=0.5, wall_s=1.5)
    counts = NetlistCounts(**COUNTS)
    made.synthesis = SynthesisRecord(**COUNTS, tool="Yosys", cached=False, accelerator=counts)
    made.pnr = PnrRecord(tool="nextpnr", fmax_mhz=31.5, met=True, cached=True, utilization={"x": [1, 2]})
    made.warnings = ["look twice"]
    found: dict[str, Any] = json.loads(json.dumps(made.to_dict()))
    return found


def read(path: Path, contents: Any) -> ReportRecord:
    (path / "report.json").write_text(contents if isinstance(contents, str) else json.dumps(contents))
    return read_report(path)


def places(value: Any, keys: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The keys of every value in a report; of lists the first entry stands for all."""
    yield keys
    children = (
        value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield from places(child, (*keys, key))


def changed(report: dict[str, Any], keys: tuple[Any, ...], value: Any) -> Any:
    """A copy of the report with another value at ``keys``."""
    if not keys:
        return value
    found = copy.deepcopy(report)
    inner: Any = found
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    return found


def test_what_a_build_writes_is_read(report: dict[str, Any], tmp_path: Path) -> None:
    """In its order, and no key more."""
    assert json.dumps(read(tmp_path, report).to_dict()) == json.dumps(report)
    later = {**report, "later": {"a": 1}}
    assert read(tmp_path, later).to_dict() == later


def test_reports_of_the_first_version_are_read(report: dict[str, Any], tmp_path: Path) -> None:
    old = copy.deepcopy(report)
    for table, keys in (
        (old, ("family",)),
        (old["schedule"], ("weight_fill", "weight_bits_stored", "weight_ram_bits")),
        (old["schedule"]["estimate"], ("spram",)),
        (old["schedule"]["available"], ("spram",)),
        (old["synthesis"], ("cached", "spram")),
        (old["pnr"], ("cached",)),
    ):
        for key in keys:
            del table[key]
    assert "frames a second" in render_html(read(tmp_path, old))


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        (("model", "output"), "both", "model.output is 'both'; accepted is 'file' or 'class'"),
        (("model", "output"), None, "model.output is None; accepted is 'file' or 'class'"),
        (
            ("schedule", "cycles_per_frame"),
            "74",
            "schedule.cycles_per_frame is '74'; accepted is a valid integer",
        ),
        (
            ("schedule", "cycles_per_frame"),
            0,
            "schedule.cycles_per_frame is 0; accepted is greater than or equal to 1",
        ),
        (
            ("schedule", "cycles_per_frame"),
            1e3,
            "schedule.cycles_per_frame is 1000.0; accepted is a valid integer",
        ),
        (
            ("schedule", "latency_cycles"),
            True,
            "schedule.latency_cycles is True; accepted is a valid integer",
        ),
        (
            ("schedule", "latency_cycles"),
            10**30,
            f"schedule.latency_cycles is {10**30}; accepted is less than",
        ),
        (("schedule", "estimate"), None, "schedule.estimate is None; accepted is a valid object"),
        (("layers",), {}, "layers is {}; accepted is a valid list"),
        (("layers", 0, "name"), 3, "layers.0.name is 3; accepted is a valid string"),
        (("warnings",), "none", "warnings is 'none'; accepted is a valid list"),
        (("clock_mhz",), 0, "clock_mhz is 0; accepted is greater than 0"),
        (("simulation", "accuracy"), 2, "simulation.accuracy is 2; accepted is less than or equal to 1"),
        (("board",), ["x" * 200], r"board is \['x{78}\.\.\.; accepted is a valid string"),
        ((), [], r"the file is \[\]; accepted is a valid object"),
        ((), None, "the file is None; accepted is a valid object"),
    ],
)
def test_a_wrong_field_is_named(
    report: dict[str, Any], tmp_path: Path, keys: tuple[Any, ...], value: Any, message: str
) -> None:
    with pytest.raises(DataError, match=rf"^'{tmp_path}/report.json' is damaged: {message}.*; build again$"):
        read(tmp_path, changed(report, keys, value))


def test_a_missing_field_is_named(report: dict[str, Any], tmp_path: Path) -> None:
    damaged = copy.deepcopy(report)
    del damaged["schedule"]["fps"]
    with pytest.raises(DataError, match=r"is damaged: schedule.fps is missing; build again$"):
        read(tmp_path, damaged)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "it is not JSON: "),
        ("", "it is not JSON: "),
        ('{"board": 1, "board": 2}', "it has the key 'board' twice"),
        ('{"clock_mhz": NaN}', "it holds NaN, which is no number"),
        ("[" * 50_000, "it is nested too deeply"),
        ("\ufeff\ufeff{}", "it is not JSON: "),
    ],
)
def test_what_is_no_json(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(DataError, match=rf"report.json' is damaged: {reason}.*; build again$"):
        read(tmp_path, text)


def test_a_report_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    with pytest.raises(DataError, match="is not a build directory"):
        read_report(tmp_path)
    with pytest.raises(DataError, match=r"can't read '.*': Is a directory; build again"):
        read_record(tmp_path, ReportRecord)


VALUES = [None, True, -1, 0, 2, 1.5, -0.5, 1e308, 10**18, 10**40, "", "x", [], {}, [None], {"a": 1}]


def test_whatever_is_read_can_be_shown(report: dict[str, Any]) -> None:
    """Every value of every field: refused, or the page is written."""
    shown = 0
    for keys in places(report):
        for value in VALUES:
            try:
                record = ReportRecord.model_validate(changed(report, keys, value))
            except ValueError:
                continue
            assert render_html(record).endswith("</html>")
            shown += 1
    assert shown > 150


SERIAL = {
    "pins": {"clk": "a", "rx": "b", "tx": "c"},
    "divisor": 30,
    "reset_cycles": 450,
    "led_active_low": None,
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"divisor": 0}, "divisor is 0; accepted is greater than or equal to 4"),
        ({"divisor": "4; evil"}, "divisor is '4; evil'; accepted is a valid integer"),
        ({"reset_cycles": 1 << 31}, "reset_cycles is 2147483648; accepted is less than"),
        ({"pins": {"clk": "a", "rx": "b"}}, "pins.tx is missing"),
        ({"pins": {**SERIAL["pins"], "x": "y"}}, "pins.x is 'y'; accepted is .*"),  # type: ignore[dict-item]
        ({"led_active_low": 1}, "led_active_low is 1; accepted is a valid boolean"),
    ],
)
def test_how_a_host_reaches_the_board(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = tmp_path / "serial.json"
    path.write_text(json.dumps(SERIAL))
    assert read_record(path, SerialRecord).pins.led is None
    path.write_text(json.dumps(SERIAL | changes))
    with pytest.raises(DataError, match=message):
        read_record(path, SerialRecord)
