"""``bnngen boards``: which boards there are, and what they have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bnngen.base.text import joined
from bnngen.cli.console import Table, console, write_json
from bnngen.cli.options import AllowModule, JsonFile


def command(
    board: Annotated[
        str | None, typer.Argument(help="A board's name, or the path of a profile (.toml).")
    ] = None,
    json: JsonFile = None,
    allow_module: AllowModule = None,
) -> None:
    """List the boards, or show one."""
    from bnngen.base.owned import keep_inputs
    from bnngen_boards.profile import board_names, load_board

    if board is not None:
        keep_inputs({"--json": json}, Path(board))
        profile = load_board(board, allow_module or ())
        write_json(json, _contents(profile))
        if str(json) != "-":
            console.print(_one(profile))
        return
    profiles = [load_board(name) for name in board_names()]
    write_json(json, {p.name: _contents(p) for p in profiles})
    if str(json) != "-":
        console.print(_all(profiles))


def _contents(profile: Any) -> dict[str, Any]:
    """The profile as its file has it, and whether it can be placed and routed."""
    return {**profile.model_dump(mode="json", by_alias=True), "place_and_route": profile.place_and_route}


def _makes(profile: Any) -> str:
    """How far a build for the board goes."""
    return "bitstream" if profile.place_and_route else "synthesis"


def _clock(profile: Any) -> str:
    """The default clock, and where it comes from."""
    clock = profile.clock
    if clock.input_mhz is None:
        source = "assumed"
    else:
        source = "oscillator" if clock.input_mhz == clock.default_mhz else "by PLL"
    return f"{clock.default_mhz:g} MHz {source}"


def _loaded(loading: Any) -> str:
    """The programs that load the board, and the memories that they load."""
    programs = [loader.name for loader, _ in loading.ways(loading.memories[0])]
    return f"{joined(programs, 'or')}, into {joined(loading.memories, 'or')}"


def _all(profiles: list[Any]) -> Table:
    table = Table(title="boards", caption="block RAM: blocks x kbit", pad_edge=False)  # 80 columns wide
    for heading in ("name", "device", "up to"):
        table.add_column(heading, no_wrap=True)
    for heading in ("LUT", "block RAM"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("default clock")
    for p in profiles:
        bram = p.resources.bram
        memory = f"{bram.blocks} x {bram.bits / 1024:g}"
        table.add_row(p.name, p.device, _makes(p), f"{p.resources.lut:,}", memory, _clock(p))
    return table


def _one(profile: Any) -> Table:
    table = Table(title=profile.title, show_header=False)
    table.add_row("up to", _makes(profile))
    table.add_row("default clock", _clock(profile))
    if profile.loading is not None:
        table.add_row("loaded by", _loaded(profile.loading))
    for key, value in _flat(profile.model_dump(mode="json", by_alias=True)):
        table.add_row(key, str(value))
    return table


def _flat(contents: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for key, value in contents.items():
        rows += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, value)]
    return [(key, value) for key, value in rows if value is not None]
