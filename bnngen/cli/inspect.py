"""``bnngen inspect``: what is in a model."""

from __future__ import annotations

from typing import Any

from rich.box import SIMPLE_HEAD

from bnngen.cli.console import Table, console, write_json
from bnngen.cli.options import JsonFile, Model


def command(model: Model, json: JsonFile = None) -> None:
    """Print the layers of a model: shapes, types, parameters, bit operations, weight memory."""
    from bnngen.api import load
    from bnngen.base.owned import keep_inputs
    from bnngen.reports.model import summarise

    keep_inputs({"--json": json}, model)
    summary = summarise(load(model))
    write_json(json, summary)
    if str(json) != "-":
        _print(summary)


def _print(summary: dict[str, Any]) -> None:
    table = Table(title=summary["title"], caption=summary["host"], box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("layer", overflow="fold", min_width=10)
    for heading in ("kind", "output", "weights", "type"):
        table.add_column(heading, no_wrap=True)
    for heading in ("bit ops", "weight bits"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in summary["layers"]:
        table.add_row(
            row["name"],
            f"{row['op']} {row['window'].split(' ')[0]}".strip(),
            "x".join(map(str, row["output_shape"])),
            _short(row["weight_type"]),
            _short(row["output_type"]),
            f"{row['bit_operations']:,}",
            f"{row['weight_bits']:,}",
        )
    total = summary["total"]
    table.add_section()
    table.add_row("total", "", "", "", "", f"{total['bit_operations']:,}", f"{total['weight_bits']:,}")
    console.print(table)


def _short(type_: str) -> str:
    """A type without its range."""
    return type_.split(" ")[0]
