"""``bnngen run``: asks a board, or its simulation, about rows of data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bnngen.cli.console import answer_no, console, errors, progress_bar, warn, write_json
from bnngen.cli.options import BuildFolder, Frames, JsonFile, finite, nonempty

if TYPE_CHECKING:
    from bnngen.host.ports import Port
    from bnngen.reports.results import AskRecord
    from bnngen_sim.link import SerialLink

Rows = Annotated[
    Path,
    typer.Argument(
        metavar="DATA", parser=nonempty, help="Raw rows (CSV; - for standard input), or frames (NPZ)."
    ),
]
PortName = Annotated[
    str | None,
    typer.Option("--port", metavar="PORT", help="The board's serial port, or socket://HOST:PORT."),
]
Virtual = Annotated[bool, typer.Option("--virtual", help="Simulate the board, its serial link included.")]
Timeout = Annotated[
    float | None,
    typer.Option(
        min=0.001, metavar="SECONDS", callback=finite, help="Silence after which frames are asked again."
    ),
]
AnswerFile = Annotated[
    Path | None,
    typer.Option("--out", metavar="Y.csv", parser=nonempty, help="Write the answers here."),
]


def command(
    folder: BuildFolder,
    data: Rows,
    port: PortName = None,
    virtual: Virtual = False,
    frames: Frames = None,
    timeout: Timeout = None,
    out: AnswerFile = None,
    json: JsonFile = None,
) -> None:
    """Ask the board about each row, print the class of each, and compare the integers with the golden model.

    With labels in DATA also the accuracy.
    """
    from bnngen.base.owned import keep_inputs
    from bnngen.host.answer_table import class_names, write_answers
    from bnngen.host.ask import ask_board
    from bnngen.host.board import link_of
    from bnngen.host.rows import load_rows
    from bnngen.reports.results import AskRecord
    from bnngen.toolflow.kept_model import kept_model
    from bnngen_sim.interface import Interface

    if (port is None) == (not virtual):
        raise typer.BadParameter("name the board's --port, or take --virtual: one of the two")
    keep_inputs({"--out": out, "--json": json}, folder, data)
    network, _ = kept_model(folder)
    interface = Interface.load(folder / "rtl" / "interface.json")
    rows = load_rows(data, network)
    asked = rows.data.first(frames)
    warn(rows.warnings)
    link = link_of(interface)
    with _opened(folder, port, link) as line, progress_bar("asking the board") as moved:
        found = ask_board(line, interface, link, asked.codes, timeout_s=timeout, progress=moved)
    y, labels = found.outputs, asked.labels
    correct = None if labels is None else int((network.classes(y) == labels).sum())
    report = AskRecord(
        frames=len(y),
        differing=int((network.run(asked.codes) != y).any(axis=1).sum()),
        correct=correct,
        accuracy=None if labels is None or correct is None else correct / labels.size,
        frames_per_second=len(y) / found.wall_s,
        repeated=found.troubles.repeated,
        reopened=found.troubles.reopened,
        wall_s=found.wall_s,
        warnings=rows.warnings,
    )
    if out is not None:
        write_answers(out, network, y)
    write_json(json, report.to_dict())
    if str(json) != "-":
        for name in class_names(network, y):
            console.print(name, soft_wrap=True)
        errors.print(_summary(report), soft_wrap=True)
    if report.differing:
        answer_no(f"{report.differing:,} answers differ from the golden model")


@contextmanager
def _opened(folder: Path, port: str | None, link: SerialLink) -> Iterator[Port]:
    from bnngen.host.board import board_of
    from bnngen.host.ports import TcpPort, port_named

    if port is not None:
        yield port_named(port, link.baud)
        return
    with board_of(folder / "rtl") as board:
        yield TcpPort(board.host, board.port)


def _summary(found: AskRecord) -> str:
    """What a person wants to know beside the answers."""
    parts = [f"{found.frames:,} answers in {found.wall_s:.2f} s ({found.frames_per_second:,.0f} a second)"]
    parts.append(f"{found.differing:,} differ from the golden model")
    if found.repeated or found.reopened:
        parts.append(f"{found.repeated:,} asked again, the port opened again {found.reopened:,} times")
    if found.accuracy is not None:
        parts.append(f"{found.correct:,} correct ({100 * found.accuracy:.2f} %)")
    return "; ".join(parts)
