"""What a build found out: report.json for scripts, report.html for people."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bnngen.base.errors import DataError
from bnngen.base.files import write_text
from bnngen.cost.option import Option
from bnngen.dataflow.fitted import Fitted
from bnngen.ops.layer import Layer
from bnngen.reference.network import Network
from bnngen.reports.records import ReportRecord, read_record
from bnngen.reports.render import render
from bnngen.schedule.budget import available

REPORT, PAGE = "report.json", "report.html"
"""The report for scripts, and for people."""
STEPS = ("estimate", "verilog", "simulate", "synth", "bitstream")
"""The steps of a build, in order; each needs the ones before it, but for the simulation."""


@dataclass
class Report:
    """The contents of report.json. A step that did not run is None, never zero."""

    model: dict[str, Any]
    board: str
    family: str
    clock_mhz: float
    layers: list[dict[str, Any]]
    schedule: dict[str, Any]
    simulation: dict[str, Any] | None = None
    synthesis: dict[str, Any] | None = None
    pnr: dict[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def of_design(cls, design: Fitted, model: dict[str, Any]) -> Report:
        """What is known before any tool has run."""
        schedule = design.schedule
        network = schedule.network
        layers = [
            _layer(layer.name, layer.op, option, blocks)
            for layer, option, blocks in zip(
                network.layers, schedule.options, design.layer_blocks, strict=True
            )
        ]
        bram_kind = schedule.board.resources.bram.kind
        have = available(schedule.board)
        return cls(
            model={**model, "weight_bits": weight_bits(network)},
            board=schedule.board.name,
            family=schedule.board.family,
            clock_mhz=float(schedule.clock_mhz),
            layers=layers,
            schedule={
                "cycles_per_frame": design.cycles_per_frame,
                "latency_cycles": design.latency_cycles,
                "fps": design.fps,
                "fifo_bits": design.fifo_bits,
                "estimate": asdict(design.resources),
                "available": asdict(have),
                "bram_kind": bram_kind,
                "weight_bits_stored": design.weight_bits_stored,
                "weight_ram_bits": design.weight_ram_bits,
                "weight_fill": design.weight_fill,
            },
        )

    def to_dict(self) -> dict[str, Any]:
        return {"bnngen": version("bnngen"), **asdict(self)}

    def write(self, out: Path) -> None:
        """Write report.json and report.html into ``out``, each in one step."""
        write_text(out / REPORT, json.dumps(self.to_dict(), indent=2) + "\n")
        write_text(out / PAGE, render_html(self.to_dict()))


def read_report(out: str | Path) -> ReportRecord:
    """The contents of ``out``/report.json. Raises DataError if there is none, or it is damaged."""
    path = Path(out) / REPORT
    if not path.is_file():
        raise DataError(f"'{out}' is not a build directory: there is no '{path}'")
    return read_record(path, ReportRecord)


def render_html(report: dict[str, Any] | ReportRecord) -> str:
    """The report as a page that needs no other file."""
    contents = report.model_dump() if isinstance(report, ReportRecord) else report
    return render("report.html.j2", report=contents)


def weight_bits(network: Network) -> int:
    """Bits of all weights, without padding."""
    return sum(layer.op.weight_bits for layer in network.layers)


def _layer(name: str, op: Layer, option: Option | None, blocks: int) -> dict[str, Any]:
    """What the report says about a layer that takes so many block RAMs."""
    found: dict[str, Any] = {
        "name": name,
        "op": type(op).__name__,
        "pe": option and option.folding.pe,
        "simd": option and option.folding.simd,
        "cycles": option and option.cycles,
        "weight_bits": op.weight_bits,
        "lut_estimate": option.resources.lut if option else 0,
        "bram_estimate": blocks,
    }
    return found | op.figures(option)
