"""``bnngen inspect``: what is in a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD

from bnngen.cli.console import console, table_of, write_json
from bnngen.cli.options import JsonFile, Model

if TYPE_CHECKING:
    from bnngen.reports.results import SummaryRecord


def command(model: Model, json: JsonFile = None) -> None:
    """Print the layers of a model: shapes, types, parameters, bit operations, weight memory."""
    from bnngen.api import load
    from bnngen.base.owned import keep_inputs
    from bnngen.reports.model import summarize

    keep_inputs({"--json": json}, model)
    summary = summarize(load(model))
    write_json(json, summary.to_dict())
    if str(json) != "-":
        _print(summary)


def _print(summary: SummaryRecord) -> None:
    from bnngen.reports.columns import LAYERS, number

    look = {"box": SIMPLE_HEAD, "padding": (0, 1, 0, 0)}
    table = table_of(LAYERS, summary.layers, title=summary.title, caption=summary.host, **look)
    table.columns[0].min_width = 10
    total = summary.total
    table.add_section()
    table.add_row("total", "", "", "", "", number(total.bit_operations), number(total.weight_bits))
    console.print(table)
