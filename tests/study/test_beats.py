"""Signs of life: when they come, and who is taken for dead without them."""

from __future__ import annotations

import threading

import pytest
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, TrialState, create_trial

from bnngen.study.beats import BEAT, Pace, Watch, beating

pytestmark = pytest.mark.train


def running(number: int, beat: int | None = None) -> FrozenTrial:
    trial = create_trial(state=TrialState.RUNNING, user_attrs={} if beat is None else {BEAT: beat})
    trial.number = number
    return trial


class Clock:
    """Shows what one sets."""

    time = 0.0

    def __call__(self) -> float:
        return self.time


def test_a_trial_is_stale_when_its_beat_does_not_change() -> None:
    clock = Clock()
    watch = Watch(Pace(seconds=10, missed=6), clock)
    for time, beat, stale in ((0, None, False), (60, None, False), (61, None, True), (70, 1, False)):
        clock.time = time
        trial = running(0, beat)
        watch.look([trial])
        assert watch.is_stale(trial) == stale
    clock.time = 131  # whoever looks rarely need not look again: nothing has come in between
    watch.look([running(0, 1)])
    assert watch.is_stale(running(0, 1))


def test_who_ran_at_the_first_look_is_in_doubt_until_it_beats_or_ends() -> None:
    watch = Watch(Pace(), Clock())
    watch.look([running(0, 5), running(1)])
    assert watch.in_doubt
    watch.look([running(0, 6), running(1)])
    assert watch.in_doubt
    watch.look([running(0, 7)])
    assert not watch.in_doubt
    watch.look([running(0, 7), running(2)])  # it has begun since
    assert not watch.in_doubt


def test_nothing_is_in_doubt_where_nothing_ran() -> None:
    watch = Watch(Pace(), Clock())
    watch.look([])
    watch.look([running(0)])
    assert not watch.in_doubt


def test_beats_come_until_the_end() -> None:
    counts: list[int] = []
    third = threading.Event()

    def beat(count: int) -> None:
        counts.append(count)
        if count == 2:
            raise OSError("the storage can't be reached")
        if count == 3:
            third.set()

    before = threading.active_count()
    with beating(beat, Pace(0.01)):
        assert third.wait(30)
    assert counts[:3] == [1, 2, 3]
    assert threading.active_count() == before


def test_beats_end_with_the_trial() -> None:
    counts: list[int] = []
    called = threading.Event()

    def beat(count: int) -> None:
        counts.append(count)
        called.set()
        raise UpdateFinishedTrialError

    with beating(beat, Pace(0.01)):
        assert called.wait(30)
        threading.Event().wait(0.1)
    assert counts == [1]
