"""``bnngen build``: from a model file to a bitstream."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bnngen.cli.console import answer_no
from bnngen.cli.next_steps import after_build, print_next
from bnngen.cli.options import AllowModule, Frames, Model, nonempty
from bnngen.reports.steps import BuildStep

if TYPE_CHECKING:
    from bnngen.schedule.budget import Rate
    from bnngen_boards.profile import Board


class OutputKind(StrEnum):
    """What the accelerator's output carries."""

    FILE = "file"
    CLASS = "class"


BoardName = Annotated[str, typer.Option(help="A board's name (see bnngen boards), or the path of a profile.")]
Fps = Annotated[
    str | None,
    typer.Option(
        metavar="N|link|max",
        help="Frames a second to reach with the least area; those of the serial line; or max.",
    ),
]
Clock = Annotated[
    float | None, typer.Option(metavar="MHZ", help="The clock, instead of the board's default.")
]
Verify = Annotated[
    Path | None,
    typer.Option(
        metavar="DATA.npz", parser=nonempty, help="Simulate these frames and compare with the golden model."
    ),
]
Until = Annotated[
    BuildStep | None,
    typer.Option(help="The last step to run; without it: bitstream, or as far as the board can."),
]
LinkProtocol = Annotated[
    int,
    typer.Option(
        "--protocol", min=1, max=2, help="That of the board's serial link: 1 for hosts of earlier versions."
    ),
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Run every tool, whether its input has changed or not.")
]
Out = Annotated[Path, typer.Option(metavar="DIR", parser=nonempty, help="Where the results go.")]
Output = Annotated[
    OutputKind, typer.Option(help="What comes out: what the file gives, or the class index (adds an argmax).")
]


def command(
    model: Model,
    board: BoardName,
    out: Out,
    fps: Fps = None,
    clock: Clock = None,
    verify: Verify = None,
    frames: Frames = None,
    until: Until = None,
    output: Output = OutputKind.FILE,
    protocol: LinkProtocol = 2,
    no_cache: NoCache = False,
    allow_module: AllowModule = None,
) -> None:
    """Import, lower, fit, emit, simulate, synthesise, place and route.

    Without --fps: the fastest within 70 % of the board's LUTs that routes within minutes. --fps link: the
    smallest design that keeps the board's serial line busy. --fps max: the fastest that fits the device,
    however long it routes. With --verify the Verilog is simulated with those frames, with --frames N alone
    with N random ones.
    """
    from bnngen.api import compile as fit
    from bnngen.api import load
    from bnngen.cli.summary import BuildScreen, print_build
    from bnngen.reference.data_file import load_data
    from bnngen.toolflow.pipeline import last_step
    from bnngen.toolflow.simulation import random_frames
    from bnngen_boards.profile import load_board

    profile = load_board(board, allow_module or ())
    rate = rate_on(profile, fps)
    last_step(profile, until)  # a step that the board does not have is said before the search
    network = load(model, output.value)
    data = load_data(verify, network).first(frames) if verify else None
    design = fit(network, profile, rate, clock)
    if data is None and frames is not None:
        data = random_frames(design.schedule.network, frames)
    with BuildScreen() as screen:
        screen.step(BuildStep.ESTIMATE)
        result = design.build(
            out, until=until, data=data, watcher=screen, cache=not no_cache, protocol=protocol
        )
    print_build(result, hint=rate != "link")
    print_next(list(after_build(result, profile, board, allow_module or (), verify)))
    if not result.holds:
        answer_no("see the lines marked above")


def rate_on(board: Board, fps: str | None) -> Rate:
    """What ``--fps`` asks for on ``board``. Raises typer.BadParameter, and UsageError if it is the rate of a
    serial line that the board does not have."""
    if fps == "link":
        from bnngen.emit.board_link import serial_line

        serial_line(board)  # that there is none is said before anything else is done
    if fps is None or fps == "max" or fps == "link":
        return fps  # type: ignore[return-value]
    if not re.fullmatch(r"\d+(\.\d+)?([eE]\d+)?", fps):
        raise typer.BadParameter(f"--fps takes a number above 0, link or max, not {fps!r}")
    return float(fps)
