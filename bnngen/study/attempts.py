"""What the trials of a shared study mean: slots, and the attempts at each of them.

Every trial of the study is one worker's attempt. One that replaces no other opens a slot: the first such
trial is slot 0, the next one slot 1. One that replaces another says so when it is made; of several that
replace the same one, the first counts. A storage numbers trials in the order in which they were made, and
whoever has made one sees all before it: so all workers agree, without locks, on who holds a slot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from optuna.trial import FrozenTrial, TrialState

REPLACES = "bnngen:replaces"
"""The attribute with the number of the trial that an attempt replaces."""


@dataclass(frozen=True, eq=False)
class Slot:
    """Slot ``number``, from 0: the attempt that completed it, else the one that ``holder`` makes now."""

    number: int
    holder: FrozenTrial

    @property
    def finished(self) -> bool:
        """Whether an attempt has completed it."""
        return bool(self.holder.state == TrialState.COMPLETE)

    @property
    def taken(self) -> bool:
        """Whether a worker is at it, or was when it died."""
        return bool(self.holder.state == TrialState.RUNNING)


def slots(trials: Sequence[FrozenTrial]) -> list[Slot]:
    """The slots of a study; ``trials`` are all of its trials, in the order of their numbers."""
    next_of: dict[int, FrozenTrial] = {}
    for trial in trials:
        if (replaced := trial.user_attrs.get(REPLACES)) is not None:
            next_of.setdefault(replaced, trial)
    origins = [trial for trial in trials if REPLACES not in trial.user_attrs]
    return [Slot(number, _holder(origin, next_of)) for number, origin in enumerate(origins)]


def _holder(attempt: FrozenTrial, next_of: dict[int, FrozenTrial]) -> FrozenTrial:
    while attempt.state != TrialState.COMPLETE and attempt.number in next_of:
        attempt = next_of[attempt.number]
    return attempt


def void(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """The attempts that have not ended and can't count any more: another holds or has completed the slot."""
    holders = {slot.holder.number for slot in slots(trials)}
    return [t for t in trials if not t.state.is_finished() and t.number not in holders]
