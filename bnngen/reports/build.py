"""What a build found out: report.json for scripts, its schema for their tools, report.html for people."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from bnngen.base.errors import DataError
from bnngen.base.files import write_text
from bnngen.cost.option import Option
from bnngen.dataflow.fitted import Fitted
from bnngen.emit.board_link import link_fps
from bnngen.ops.layer import Layer
from bnngen.reference.network import Network
from bnngen.reports.columns import build_layers
from bnngen.reports.records import (
    Counts,
    LayerRecord,
    ModelRecord,
    ReportRecord,
    ScheduleRecord,
    read_record,
)
from bnngen.reports.render import render
from bnngen.schedule.budget import available
from bnngen_sim.link import CURRENT_PROTOCOL

REPORT, SCHEMA, PAGE = "report.json", "report.schema.json", "report.html"
"""The report for scripts, what may stand in it, and the report for people."""


def report_of(design: Fitted, model: ModelRecord, protocol: int = CURRENT_PROTOCOL) -> ReportRecord:
    """What is known before any tool has run; ``protocol`` is that of the serial link."""
    schedule = design.schedule
    network = schedule.network
    layers = zip(network.layers, schedule.options, design.layer_blocks, strict=True)
    return ReportRecord(
        bnngen=version("bnngen"),
        model=model,
        board=schedule.board.name,
        family=schedule.board.family,
        clock_mhz=float(schedule.clock_mhz),
        layers=[LayerRecord(**_layer(layer.name, layer.op, o, blocks)) for layer, o, blocks in layers],
        schedule=ScheduleRecord(
            cycles_per_frame=design.cycles_per_frame,
            latency_cycles=design.latency_cycles,
            fps=design.fps,
            link_fps=link_fps(design, protocol),
            fifo_bits=design.fifo_bits,
            estimate=Counts(**asdict(design.resources)),
            available=Counts(**asdict(available(schedule.board))),
            bram_kind=schedule.board.resources.bram.kind,
            weight_bits_stored=design.weight_bits_stored,
            weight_ram_bits=design.weight_ram_bits,
            weight_fill=design.weight_fill,
        ),
        # what has not run is written as such
        simulation=None,
        synthesis=None,
        pnr=None,
        warnings=[],
    )


def write_report(report: ReportRecord, out: Path) -> None:
    """Write report.json, its schema and report.html into ``out``, each in one step."""
    write_text(out / REPORT, json.dumps(report.to_dict(), indent=2) + "\n")
    write_text(out / SCHEMA, json.dumps(schema(), indent=2) + "\n")
    write_text(out / PAGE, render_html(report))


def schema() -> dict[str, Any]:
    """The JSON schema of report.json."""
    return {"$schema": GenerateJsonSchema.schema_dialect, **ReportRecord.model_json_schema()}


def read_report(out: str | Path) -> ReportRecord:
    """The contents of ``out``/report.json. Raises DataError if there is none, or it is damaged."""
    path = Path(out) / REPORT
    if not path.is_file():
        raise DataError(f"'{out}' is not a build directory: there is no '{path}'")
    return read_record(path, ReportRecord)


def render_html(report: ReportRecord) -> str:
    """The report as a page that needs no other file."""
    return render("report.html.j2", report=report, columns=build_layers(report.schedule.bram_kind))


def weight_bits(network: Network) -> int:
    """Bits of all weights, without padding."""
    return sum(layer.op.weight_bits for layer in network.layers)


def _layer(name: str, op: Layer, option: Option | None, blocks: int) -> dict[str, Any]:
    """What the report says about a layer that takes so many block RAMs."""
    found: dict[str, Any] = {
        "name": name,
        "op": op.kind,
        "pe": option and option.folding.pe,
        "simd": option and option.folding.simd,
        "cycles": option and option.cycles,
        "weight_bits": op.weight_bits,
        "lut_estimate": option.resources.lut if option else 0,
        "bram_estimate": blocks,
    }
    return found | op.figures(option)
