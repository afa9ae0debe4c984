"""``bnngen inspect``: what is in a model."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from bnngen.cli.console import console, write_json
from bnngen.cli.options import JsonFile, Model


def command(model: Model, json: JsonFile = None) -> None:
    """Print the layers of a model: shapes, types, parameters, bit operations, weight memory."""
    from bnngen.api import load
    from bnngen.summary import summarise

    summary = summarise(load(model))
    write_json(json, summary)
    if str(json) != "-":
        _print(summary)


def _print(summary: dict[str, Any]) -> None:
    table = Table(title=summary["title"], caption=summary["host"])
    table.add_column("layer", overflow="fold")
    for heading in ("in", "out"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("input", "weights", "output"):
        table.add_column(heading)
    for heading in ("bit ops", "weight bits"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in summary["layers"]:
        table.add_row(
            f"{row['name']} ({row['op']})",
            f"{row['elements_in']:,}",
            f"{row['elements_out']:,}",
            row["input_type"],
            row["weight_type"],
            row["output_type"],
            f"{row['bit_operations']:,}",
            f"{row['weight_bits']:,}",
        )
    total = summary["total"]
    table.add_section()
    table.add_row("total", "", "", "", "", "", f"{total['bit_operations']:,}", f"{total['weight_bits']:,}")
    console.print(table)
