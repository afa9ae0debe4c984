"""Judges mutants in a process of its own, so that nothing that one of them does ends the run."""

from __future__ import annotations

import multiprocessing
import signal
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType

from tests.fuzz.limits import limit_memory
from tests.fuzz.verdict import Verdict

Judge = Callable[[str, bytes], Verdict]
"""Says what bnngen makes of a file of a kind."""

PATIENCE = 120.0
"""Seconds on the clock after which a silent process is stopped: code in C does not notice that its time is over."""
MUTANTS_EACH = 1_000
"""After so many a new process begins, lest memory that is never given back counts."""


def judge(kind: str, contents: bytes) -> Verdict:
    """What bnngen makes of a file of a kind."""
    from tests.fuzz.kinds import KINDS

    return KINDS[kind].judge(contents)


def serve(connection: Connection, judge: Judge) -> None:
    """Answers kinds and contents with verdicts, until the other side closes."""
    from tests.fuzz.kinds import KINDS

    for kind in KINDS.values():
        kind.prepare()
    limit_memory()
    connection.send("ready")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            kind, contents = connection.recv()
        except EOFError:
            return
        try:
            connection.send(judge(kind, contents))
        except Exception:
            connection.send(traceback.format_exc())


class Worker:
    """One process, and the next one where it ends."""

    def __init__(self, judge: Judge = judge, patience: float = PATIENCE) -> None:
        self._judge, self._patience = judge, patience
        self._served = 0
        self._process: multiprocessing.process.BaseProcess | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def judge(self, kind: str, contents: bytes) -> Verdict:
        """The verdict on a file; "died" or "hang" where the process gave none.

        Raises RuntimeError if the judge itself fails.
        """
        if self._process is None or self._served >= MUTANTS_EACH:
            self._start()
        assert self._process is not None
        self._served += 1
        try:
            self._connection.send((kind, contents))
            if self._connection.poll(self._patience):
                return _checked(self._connection.recv())
            verdict = Verdict("hang", "in C", f"no answer within {self._patience:.0f} s")
        except (EOFError, OSError):
            self._process.join()
            verdict = Verdict("died", f"exit status {self._process.exitcode}")
        self._stop()
        return verdict

    def _start(self) -> None:
        self._stop()
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        self._process = context.Process(target=serve, args=(other, self._judge), daemon=True)
        self._process.start()
        other.close()
        self._served = 0
        self._connection.recv()  # it is ready

    def _stop(self) -> None:
        if self._process is not None:
            self._connection.close()
            self._process.kill()
            self._process.join()
            self._process = None


def _checked(answer: Verdict | str) -> Verdict:
    if isinstance(answer, str):
        raise RuntimeError(f"the judge failed:\n{answer}")
    return answer
