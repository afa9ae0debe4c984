"""``bnngen serve``: a virtual board behind a TCP port."""

from __future__ import annotations

from typing import Annotated

import typer

from bnngen.cli.console import console
from bnngen.cli.options import BuildFolder

Listen = Annotated[
    str, typer.Option(metavar="[HOST:]PORT", help="Where it listens: 127.0.0.1 unless a host is named.")
]


def command(folder: BuildFolder, listen: Listen) -> None:
    """Run the board's whole design, serial link included, in Verilator behind a TCP port.

    It takes what a serial port would: bnngen run DIR DATA --port socket://127.0.0.1:PORT, or any program that
    speaks the protocol. Ctrl-C ends it.
    """
    from bnngen.host.board import board_of
    from bnngen.toolflow.kept_model import kept_model

    host, port = parse_listen(listen)
    kept_model(folder)
    with board_of(folder / "rtl", host, port) as board:
        console.print(f"the board listens: --port socket://{board.host}:{board.port}", soft_wrap=True)
        console.file.flush()  # a script that starts it reads the line
        board.wait()


def parse_listen(text: str) -> tuple[str, int]:
    """The host and the port that ``--listen`` names. Raises typer.BadParameter."""
    host, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise typer.BadParameter(f"--listen takes PORT or HOST:PORT, a port from 0 to 65535, not {text!r}")
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)
