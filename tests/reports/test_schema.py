"""report.schema.json against report.json, by a reader of schemas that knows nothing of pydantic."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bnngen
from bnngen.reports.build import report_of, schema, write_report
from bnngen.reports.records import (
    ImportCheckRecord,
    ModelRecord,
    NetlistCounts,
    PnrRecord,
    ReportRecord,
    SimulationRecord,
    SynthesisRecord,
)
from tests.reports.test_records import changed, places

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "integer": (int,),
    "number": (int, float),
}
READ = {
    *("type", "anyOf", "$ref", "enum", "properties", "required", "additionalProperties", "items"),
    *("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"),
}
SAID = {"title", "description", "default", "$defs", "$schema"}
"""What limits nothing."""


def wrong(rule: dict[str, Any], value: Any, root: dict[str, Any], at: str = "") -> Iterator[str]:
    """What ``value`` does not keep of the schema's ``rule``."""
    assert rule.keys() <= READ | SAID
    if ref := rule.get("$ref"):
        yield from wrong(root["$defs"][ref.removeprefix("#/$defs/")], value, root, at)
    if (choices := rule.get("anyOf")) and all(list(wrong(c, value, root, at)) for c in choices):
        yield f"{at}: none of the choices"
    kind = rule.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        yield f"{at}: no {kind}"
    elif kind == "object":
        yield from _wrong_object(rule, value, root, at)
    elif kind == "array":
        for number, item in enumerate(value):
            yield from wrong(rule["items"], item, root, f"{at}[{number}]")
    elif kind in ("integer", "number"):
        inside = (
            value >= rule.get("minimum", value),
            value <= rule.get("maximum", value),
            value > rule.get("exclusiveMinimum", value - 1),
            value < rule.get("exclusiveMaximum", value + 1),
        )
        if not all(inside):
            yield f"{at}: out of range"
    if "enum" in rule and value not in rule["enum"]:
        yield f"{at}: none of {rule['enum']}"


def _wrong_object(
    rule: dict[str, Any], value: dict[str, Any], root: dict[str, Any], at: str
) -> Iterator[str]:
    known, others = rule.get("properties", {}), rule.get("additionalProperties", True)
    yield from (f"{at}: no {key}" for key in rule.get("required", ()) if key not in value)
    for key, inner in value.items():
        if key in known or isinstance(others, dict):
            yield from wrong(known.get(key, others), inner, root, f"{at}.{key}")
        elif not others:
            yield f"{at}: {key} is not known"


@pytest.fixture(scope="module")
def folder(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build folder with the report of all steps."""
    design = bnngen.compile(bnngen.load(digits / "digits_1w1a.onnx", "class"), "icebreaker", fps=1000)
    model = ModelRecord(file="m.onnx", sha256="0", output="class", weight_bits=1)
    made = report_of(design, model)
    check = ImportCheckRecord(frames=1, differing=0, undecided=0, layer=None)
    made.model = model.model_copy(update={"import_check": check})
    made.simulation = SimulationRecord(frames=10, mismatches=0, accuracy=0.5, as_predicted=True)
    counts = NetlistCounts(lut=1, ff=1, bram=0, dsp=0, carry=1)
    made.synthesis = SynthesisRecord(tool="Yosys", lut=1, ff=1, bram=0, dsp=0, accelerator=counts)
    made.pnr = PnrRecord(tool="nextpnr", fmax_mhz=31.5, met=True, utilization={"x": [1, 2]})
    out = tmp_path_factory.mktemp("out")
    write_report(made, out)
    return out


def test_what_is_written_keeps_its_schema(folder: Path) -> None:
    rules = json.loads((folder / "report.schema.json").read_text())
    assert rules == schema()
    assert rules["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert list(wrong(rules, json.loads((folder / "report.json").read_text()), rules)) == []


def test_the_schema_takes_what_is_read_and_nothing_else(folder: Path) -> None:
    """Every value of every field: the two agree."""
    report, rules = json.loads((folder / "report.json").read_text()), schema()
    answers = set()
    for keys in places(report):
        values: tuple[Any, ...] = (None, True, -1, 0, 2, 1.5, 10**18, 10**40, "x", [], {}, [None])
        for value in values:
            other = changed(report, keys, value)
            try:
                ReportRecord.model_validate(other)
            except ValueError:
                taken = False
            else:
                taken = True
            assert (not list(wrong(rules, other, rules))) == taken, (keys, value)
            answers.add(taken)
    assert answers == {True, False}


def test_a_build_writes_no_key_that_the_schema_lacks(folder: Path) -> None:
    rules = json.loads(
        json.dumps(schema()).replace('"additionalProperties": true', '"additionalProperties": false')
    )
    assert list(wrong(rules, json.loads((folder / "report.json").read_text()), rules)) == []


def test_the_guide_names_every_key(folder: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guide.md").read_text(encoding="utf-8")
    section = guide.split("\n### report.json\n")[1].split("\n### ")[0]
    named = set(re.findall(r"`([a-z_0-9]+)`", section))
    rules = schema()
    keys = {key for part in (rules, *rules["$defs"].values()) for key in part["properties"]}
    assert keys <= named
