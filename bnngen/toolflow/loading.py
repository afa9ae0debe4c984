"""Loads the bitstream of a build into its board, by a program that is installed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bnngen.base.errors import BoardError, DataError, MissingToolError, ToolError, UsageError
from bnngen.base.program import how_it_ended, run_by_line
from bnngen.base.text import joined
from bnngen.reports.build import read_report
from bnngen.reports.records import ReportRecord
from bnngen.toolflow.toolchain import Progress, find_program, silent
from bnngen_boards.loading import Loader, Loading
from bnngen_boards.memory import Memory
from bnngen_boards.profile import Board, board_names, load_board

_LAST_LINES = 8
_ADVICE = (
    "Is the board connected, and may you use it? On Linux a udev rule allows it: docs/boards.md, Loading"
)


@dataclass(frozen=True)
class LoadingPlan:
    """How a bitstream will get into the ``memory`` of ``board``.

    ``loader`` is the program, which lies at ``program`` and takes ``arguments`` in front of the
    ``bitstream``. ``warnings`` say what is wrong with the build.
    """

    board: Board
    memory: Memory
    bitstream: Path
    loader: Loader
    program: Path
    arguments: list[str]
    warnings: list[str]

    def run(self, more: Sequence[str] = (), progress: Progress = silent) -> None:
        """Runs the program, with ``more`` arguments of its own; ``progress`` gets what it says, line by line.

        Raises :class:`ToolError` with its last words if it fails, or if the FPGA has not started. When
        interrupted, ends the program too.
        """
        lines: list[str] = []

        def hear(line: str) -> None:
            lines.append(line.strip())
            progress(line.strip())

        command = [str(self.program), *self.arguments, *more, str(self.bitstream.absolute())]
        try:
            status = run_by_line(hear, command)
        except OSError as error:
            raise ToolError(f"{self.program} can't be started: {error.strerror}", "") from error
        log = "\n".join(lines)
        if status != 0:
            self._fail(f"failed ({how_it_ended(status)})", log, _ADVICE)
        if self.loader.failed is not None and self.loader.failed.search(log):
            self._fail("has ended, but the FPGA has not started", log)

    def _fail(self, how: str, log: str, *advice: str) -> None:
        words = _last_words(log) or ["it printed nothing"]
        loading = self.board.loading
        mind = [f"{self.board.name}: {loading.mind}"] if loading is not None and loading.mind else []
        raise ToolError("\n".join([f"{self.loader.name} {how}:", *words, *advice, *mind]), log)


def plan_loading(out: Path, board: Board | None = None, memory: Memory | None = None) -> LoadingPlan:
    """How the bitstream of the build in ``out`` gets into its board, and into which ``memory``: the board's
    first, unless one is named.

    ``board`` is needed where the build's board does not come with bnngen. Raises DataError if ``out`` is no
    build folder, or has no bitstream; BoardError or UsageError if the board is unknown or another one, can't
    be loaded, or not into this memory; MissingToolError if no program is installed that can.
    """
    report = read_report(out)
    board = board or _known_board(report)
    if board.name != report.board:
        raise UsageError(f"'{out}' is a build for {report.board}, not for {board.name}")
    bitstream = _bitstream(report, out, board)
    loading = board.loading
    if loading is None:
        raise BoardError(
            f"the profile of {board.name} has no table [loading], which says how a bitstream gets into it "
            f"(see docs/boards.md); the bitstream is '{bitstream}'"
        )
    memory = memory or loading.memories[0]
    if memory not in loading.memories:
        raise UsageError(f"{board.name} is loaded into {joined(loading.memories, 'or')}, not into {memory}")
    loader, program, arguments = _installed(board, loading, memory)
    return LoadingPlan(board, memory, bitstream, loader, program, arguments, list(_doubts(report)))


def _known_board(report: ReportRecord) -> Board:
    if report.board not in board_names():
        raise BoardError(
            f"this build's board, {report.board!r}, does not come with bnngen: name its profile with --board"
        )
    return load_board(report.board)


def _bitstream(report: ReportRecord, out: Path, board: Board) -> Path:
    """Where it is. Raises DataError."""
    if not board.place_and_route:
        raise DataError(f"'{out}' has no bitstream: {board.no_bitstream}")
    if report.pnr is None:
        raise DataError(f"'{out}' has no bitstream: the build did not come so far; build without --until")
    path = out / report.pnr.bitstream
    if not path.is_file():
        raise DataError(f"the bitstream '{path}' is not there: build again")
    return path


def _installed(board: Board, loading: Loading, memory: Memory) -> tuple[Loader, Path, list[str]]:
    """The first program that can load the board and is installed, where it is, and its arguments."""
    ways = loading.ways(memory)
    for loader, arguments in ways:
        if program := find_program(loader.name, loader.commands):
            return loader, program, arguments
    wanted = joined([f"{loader.name} ({loader.how_to_get})" for loader, _ in ways], "or")
    raise MissingToolError(f"nothing that is installed can load {board.name}: install {wanted}")


def _doubts(report: ReportRecord) -> Iterator[str]:
    """What a person should know before the board answers."""
    if report.pnr is not None and not report.pnr.met:
        reached = f"{report.pnr.fmax_mhz:.1f} MHz reached, {report.clock_mhz:g} MHz wanted"
        yield f"the timing is not met ({reached}): the board's answers may be wrong"
    if report.simulation is not None and report.simulation.mismatches:
        yield f"{report.simulation.mismatches:,} simulated answers differed from the golden model"


def _last_words(log: str) -> list[str]:
    """The last lines, with one of each row of lines that differ in figures and bars alone."""
    kept: list[str] = []
    for line in filter(None, log.splitlines()):
        if kept and _without_figures(kept[-1]) == _without_figures(line):
            kept.pop()
        kept.append(line)
    return kept[-_LAST_LINES:]


def _without_figures(line: str) -> str:
    return re.sub(r"[^A-Za-z]+", " ", line)
