"""``bnngen inspect``: what is in a model, or what is in its way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.text import Text

from bnngen.cli.console import console, errors, marked, table_of, write_json
from bnngen.cli.options import JsonFile, Model

if TYPE_CHECKING:
    from bnngen.base.errors import ModelError
    from bnngen.reports.diagnosis import DiagnosisRecord
    from bnngen.reports.results import SummaryRecord

UNUSABLE = 2
"""The exit status where the model can't be used."""
MOST_NAMED = 8
"""Layers of one reason that are named on the screen."""
LOOK = {"box": SIMPLE_HEAD, "padding": (0, 1, 0, 0)}

Trace = Annotated[
    str | None,
    typer.Option(
        metavar="LAYER", help="Show how this layer's scales became integer thresholds, and check them."
    ),
]
Channel = Annotated[
    int | None, typer.Option(min=0, metavar="N", help="The channel that is traced, not the first three.")
]


def command(model: Model, json: JsonFile = None, trace: Trace = None, channel: Channel = None) -> None:
    """Print the layers of a model: shapes, types, parameters, bit operations, weight memory.

    Of a model that can't be used: every layer that is in the way, why, and what to do.
    """
    from bnngen.api import load
    from bnngen.base.errors import ModelError, UsageError
    from bnngen.base.owned import keep_inputs
    from bnngen.reports.model import summarize

    keep_inputs({"--json": json}, model)
    if channel is not None and trace is None:
        raise UsageError("--channel goes with --trace LAYER")
    try:
        network = load(model)
    except ModelError as error:
        _diagnose(model, error, json)
    if trace is not None:
        from bnngen.cli.trace import print_trace

        print_trace(model, trace, channel, json)
        return
    summary = summarize(network)
    write_json(json, summary.to_dict())
    if str(json) != "-":
        _print(summary)


def _print(summary: SummaryRecord) -> None:
    from bnngen.reports.columns import LAYERS, number

    table = table_of(LAYERS, summary.layers, title=summary.title, caption=summary.host, **LOOK)
    table.columns[0].min_width = 10
    total = summary.total
    table.add_section()
    table.add_row("total", "", "", "", "", number(total.bit_operations), number(total.weight_bits))
    console.print(table)
    if total.weight_bits:
        few, many = (f"{bits / 8000:,.1f} kB" for bits in (total.weight_bits, total.float32_bits))
        factor = total.float32_bits / total.weight_bits
        console.print(f"weights: {few}; in float32 {many}, {factor:.3g} times as much")
    for what, names in (("classes, from 0 on", summary.classes), ("raw columns", summary.columns)):
        if names:
            console.print(f"{what}: {', '.join(names)}")


def _diagnose(model: Path, error: ModelError, json: Path | None) -> None:
    from bnngen.passes.diagnosis import diagnose
    from bnngen.reports.diagnosis import record_of

    record = record_of(diagnose(model, error))
    write_json(json, record.to_dict())
    if str(json) != "-":
        _print_diagnosis(record)
    count = len(record.problems)
    words = "one thing is" if count == 1 else f"{count} things are"
    errors.print(marked("error:", f"'{model}' can't be used: {words} in the way"), soft_wrap=True)
    raise typer.Exit(UNUSABLE)


def _print_diagnosis(record: DiagnosisRecord) -> None:
    from bnngen.reports.diagnosis import FILE_LAYERS, grouped

    table = table_of(FILE_LAYERS, record.layers, **LOOK)
    styles = {"refused": "bold red", "not reached": "dim"}
    for row, layer in zip(table.rows, record.layers, strict=True):
        row.style = styles.get(layer.state, "")
    console.print(table)
    for group in grouped(record):
        names = ", ".join(f"'{name}'" for name in group.layers[:MOST_NAMED])
        others = len(group.layers) - MOST_NAMED
        named = f"{names} and {others} more" if others > 0 else names
        console.print(Text.assemble(("✗", "bold red"), f" {named}: {group.reason}"), soft_wrap=True)
        console.print(Text.assemble(("  →", "bold green"), f" {group.remedy}"), soft_wrap=True)
