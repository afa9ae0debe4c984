"""Who holds a slot, from the trials alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial

from bnngen.study.attempts import REPLACES, slots, void

pytestmark = pytest.mark.train

STATES = {"r": TrialState.RUNNING, "f": TrialState.FAIL, "c": TrialState.COMPLETE, "w": TrialState.WAITING}


def made(*attempts: str | tuple[str, int]) -> list[FrozenTrial]:
    """The trials of a study: the state of each, and which one it replaces."""
    found = []
    for number, attempt in enumerate(attempts):
        state, replaced = (attempt, None) if isinstance(attempt, str) else attempt
        value = 1.0 if state == "c" else None
        attributes = {} if replaced is None else {REPLACES: replaced}
        trial = create_trial(state=STATES[state], value=value, user_attrs=attributes)
        trial.number = number
        found.append(trial)
    return found


@pytest.mark.parametrize(
    ("attempts", "holders", "ended"),
    [
        ([], [], []),
        (["c", "r", "f"], [0, 1, 2], []),
        # number 2 replaces 0, which runs all the same
        (["r", "r", ("r", 0)], [2, 1], [0]),
        # two replace the same one: the first counts, also when it has failed
        (["f", ("r", 0), ("r", 0)], [1], [2]),
        (["f", ("f", 0), ("r", 0)], [1], [2]),
        # a replacement is replaced
        (["f", ("f", 0), ("r", 0), ("r", 1)], [3], [2]),
        # one that was taken for dead has finished
        (["c", ("r", 0)], [0], [1]),
        (["f", ("c", 0), ("r", 1)], [1], [2]),
        # somebody else has put one in the queue
        (["w"], [0], []),
        (["w", ("r", 0)], [1], [0]),
    ],
)
def test_holders(attempts: Sequence[str | tuple[str, int]], holders: list[int], ended: list[int]) -> None:
    trials = made(*attempts)
    found = slots(trials)
    assert [slot.number for slot in found] == list(range(len(holders)))
    assert [slot.holder.number for slot in found] == holders
    assert [trial.number for trial in void(trials)] == ended


def test_what_is_finished_and_what_is_taken() -> None:
    found = slots(made("c", "r", "f", "w"))
    assert [(slot.finished, slot.taken) for slot in found] == [
        (True, False),
        (False, True),
        (False, False),
        (False, False),
    ]
