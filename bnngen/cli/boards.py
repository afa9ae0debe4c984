"""``bnngen boards``: which boards there are, and what they have."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from bnngen.cli.console import console, write_json
from bnngen.cli.options import JsonFile


def command(
    board: Annotated[
        str | None, typer.Argument(help="A board's name, or the path of a profile (.toml).")
    ] = None,
    json: JsonFile = None,
) -> None:
    """List the boards, or show one."""
    from bnngen_boards.profile import board_names, load_board

    if board is not None:
        profile = load_board(board)
        contents = profile.model_dump(mode="json", by_alias=True)
        write_json(json, contents)
        if str(json) != "-":
            console.print(_one(contents))
        return
    profiles = [load_board(name) for name in board_names()]
    write_json(json, {p.name: p.model_dump(mode="json", by_alias=True) for p in profiles})
    if str(json) != "-":
        console.print(_all(profiles))


def _all(profiles: list[Any]) -> Table:
    table = Table(title="boards")
    table.add_column("name", no_wrap=True)
    table.add_column("board")
    for heading in ("LUT", "block RAM", "kbit", "MHz"):
        table.add_column(heading, justify="right", no_wrap=True)
    for p in profiles:
        bram = p.resources.bram
        memory, kbit = f"{bram.blocks} {bram.kind}", f"{bram.blocks * bram.bits / 1024:,.0f}"
        table.add_row(p.name, p.title, f"{p.resources.lut:,}", memory, kbit, f"{p.clock.default_mhz:g}")
    return table


def _one(contents: dict[str, Any]) -> Table:
    table = Table(title=contents["title"], show_header=False)
    for key, value in _flat(contents):
        table.add_row(key, str(value))
    return table


def _flat(contents: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for key, value in contents.items():
        rows += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, value)]
    return [(key, value) for key, value in rows if value is not None]
