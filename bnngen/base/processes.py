"""Programs that run side by side and report line by line."""

from __future__ import annotations

import os
import selectors
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from bnngen.base.program import ending_signal, running

Report = dict[str, list[str]]
"""The words of a program's last line of each kind; a line's kind is its first word."""


class ProgramError(Exception):
    """Program number ``index`` ended with a ``status`` other than 0; ``text`` is what it said."""

    def __init__(self, index: int, status: int, text: str) -> None:
        end = f"status {status}" if status > 0 else ending_signal(status)
        super().__init__(text or f"the simulator ended with {end}")
        self.index = index


def usable_cores() -> int:
    """How many processor cores this process may use, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_programs(
    commands: Sequence[Sequence[str]],
    folder: Path,
    at_once: int,
    watch: Callable[[int, str, list[str]], None],
) -> list[Report]:
    """Runs ``commands`` in ``folder``, at most ``at_once`` of them at any time; returns their reports.

    ``watch(index, kind, words)`` hears of every line. Raises ProgramError of the first command, in their
    order, that fails: so the error does not depend on which one is faster. However this ends, no process is
    left running.
    """
    with _Crew(folder, watch) as crew:
        waiting = deque(enumerate(commands))
        while waiting or crew.busy:
            while waiting and crew.busy < at_once and not crew.failed:
                crew.start(*waiting.popleft())
            if crew.failed:
                waiting.clear()
            crew.listen()
        if crew.failed:
            raise min(crew.failed, key=lambda error: error.index)
        return [crew.reports[index] for index in range(len(commands))]


class _Crew:
    """The running programs."""

    def __init__(self, folder: Path, watch: Callable[[int, str, list[str]], None]) -> None:
        self.folder = folder
        self.watch = watch
        self.reports: dict[int, Report] = {}
        self.failed: list[ProgramError] = []
        self._selector = selectors.DefaultSelector()
        self._running: set[_Program] = set()

    @property
    def busy(self) -> int:
        return len(self._running)

    def start(self, index: int, command: Sequence[str]) -> None:
        program = _Program(index, command, self.folder)
        self._running.add(program)
        self._selector.register(program.output, selectors.EVENT_READ, program)

    def listen(self) -> None:
        """Waits for output of any program, and passes it on; collects the ones that ended."""
        for key, _ in self._selector.select() if self._running else ():
            program: _Program = key.data
            if program in self._running:  # else it was killed for the failure of another one
                self._hear(program)

    def _hear(self, program: _Program) -> None:
        report = self.reports.setdefault(program.index, {})
        lines = program.read_lines()
        if lines is None:
            self._selector.unregister(program.output)
            error = program.end()
            self._running.remove(program)
            if error:
                self._fail(error)
            return
        for line in lines:
            kind, *words = line.split()
            report[kind] = words
            self.watch(program.index, kind, words)

    def _fail(self, error: ProgramError) -> None:
        """Only earlier commands may still change which error counts."""
        self.failed.append(error)
        for program in [p for p in self._running if p.index > error.index]:
            self._selector.unregister(program.output)
            program.kill()
            self._running.remove(program)

    def __enter__(self) -> _Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as all_of_them:  # each one is ended, also where ending another one fails
            all_of_them.callback(self._selector.close)
            for program in self._running:
                all_of_them.callback(program.kill)


class _Program:
    """One process, its output line by line, and its messages."""

    def __init__(self, index: int, command: Sequence[str], folder: Path) -> None:
        self.index = index
        with ExitStack() as stack:
            # a file and not a pipe: nobody has to empty it in time
            self._errors = stack.enter_context(tempfile.TemporaryFile())
            self._process = stack.enter_context(
                running(command, folder, stdout=subprocess.PIPE, stderr=self._errors)
            )
            self._all = stack.pop_all()
        assert self._process.stdout is not None
        self.output = self._process.stdout
        self._rest = b""

    def read_lines(self) -> list[str] | None:
        """The whole lines that have come since the last call, or None at the end of the output."""
        data = os.read(self.output.fileno(), 1 << 16)
        if not data:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line.decode() for line in lines if line.strip()]

    def end(self) -> ProgramError | None:
        """Waits for the end."""
        status = self._process.wait()
        self._errors.seek(0)
        text = self._errors.read().decode(errors="replace").strip()
        self._all.close()
        return ProgramError(self.index, status, text) if status else None

    def kill(self) -> None:
        """Ends the program."""
        self._all.close()
