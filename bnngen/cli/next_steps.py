"""What a person may do next, as commands to copy."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bnngen.cli.console import console

if TYPE_CHECKING:
    from bnngen.toolflow.pipeline import BuildResult
    from bnngen_boards.profile import Board


@dataclass(frozen=True)
class NextStep:
    """What can be done, in a few words, and the command line that does it."""

    what: str
    command: str


def print_next(steps: Sequence[NextStep]) -> None:
    """Show the commands, each as one line that can be copied, whatever the width of the screen."""
    width = max(len(step.what) for step in steps)
    console.print("next:")
    for step in steps:
        console.print(f"  {step.what:{width}}  {step.command}", soft_wrap=True)


def after_build(
    result: BuildResult, board: Board, named: str, modules: Collection[str] = (), data: Path | None = None
) -> Iterator[NextStep]:
    """What can be done with a build for ``board``, which the user has ``named`` so; ``data`` fit it."""
    from bnngen.emit.verilog import INTERFACE
    from bnngen_boards.profile import board_names

    out = result.out
    on_board = result.report.pnr is not None and result.holds
    if on_board and board.loading is not None:
        own = [] if named in board_names() else ["--board", named]
        allowed = [word for module in modules if own for word in ("--allow-module", module)]
        yield NextStep("load the board", _line("flash", out, *own, *allowed))
    if on_board:
        yield run_command(out, data)
    if (out / "rtl" / INTERFACE).is_file():
        yield NextStep("ask its simulation", _line("run", out, data or "DATA", "--virtual"))
    yield NextStep("see the report", _line("report", out, "--open"))


def run_command(out: Path, data: Path | None = None) -> NextStep:
    """The command that asks the board about ``data``."""
    return NextStep("ask the board", _line("run", out, data or "DATA", "--port", "PORT"))


def _line(command: str, path: Path, *more: str | Path) -> str:
    """A command line with a path as its first argument, quoted where a shell would take it apart."""
    words = [
        f"./{word}" if isinstance(word, Path) and str(word).startswith("-") else str(word)
        for word in (path, *more)
    ]
    return shlex.join(["bnngen", command, *words])
