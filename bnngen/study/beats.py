"""Signs of life: a worker beats while it is at a trial, others see whether the beats go on.

Journal files and gRPC proxies have no heartbeat of Optuna's, and clocks of machines differ. So a beat is a
count in an attribute of the trial, and only whether it changes while one watches tells whether its worker is
alive.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial

BEAT = "bnngen:beat"
"""The attribute with the count."""


@dataclass(frozen=True)
class Pace:
    """A worker beats every ``seconds``, and is taken for dead when ``missed`` beats in a row have not come.

    A journal file may be locked for half a minute by a worker that died while it wrote: that has to be less.
    """

    seconds: float = 10.0
    missed: int = 6

    @property
    def patience(self) -> float:
        """For so many seconds without a beat a worker is taken for alive."""
        return self.seconds * self.missed


@contextmanager
def beating(beat: Callable[[int], None], pace: Pace) -> Iterator[None]:
    """Inside, ``beat`` is called with 1, 2, ... from a thread, until the trial has ended otherwise."""
    over = threading.Event()

    def go_on() -> None:
        count = 0
        while not over.wait(pace.seconds):
            count += 1
            try:
                beat(count)
            except UpdateFinishedTrialError:
                return
            except Exception:  # the storage can't be reached for now: whatever that raises there
                continue

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class Watch:
    """Which of the trials that others are at still have a worker."""

    def __init__(self, pace: Pace, now: Callable[[], float] = time.monotonic) -> None:
        self._pace, self._now = pace, now
        self._seen: dict[int, tuple[int, float]] = {}
        self._doubtful: set[int] | None = None

    def look(self, running: Sequence[FrozenTrial]) -> None:
        """See how far the beats of all trials that run have come."""
        numbers = {trial.number for trial in running}
        self._doubtful = numbers if self._doubtful is None else self._doubtful & numbers
        for trial in running:
            beat, before = trial.user_attrs.get(BEAT, 0), self._seen.get(trial.number)
            if before is None or before[0] != beat:
                self._seen[trial.number] = (beat, self._now())
                if before is not None:
                    self._doubtful.discard(trial.number)

    def is_stale(self, trial: FrozenTrial) -> bool:
        """Whether the trial, which has been looked at, has not beaten for too long."""
        return self._now() - self._seen[trial.number][1] > self._pace.patience

    @property
    def in_doubt(self) -> bool:
        """Whether a trial that ran at the first look has neither beaten since nor been given up."""
        return bool(self._doubtful)
