"""One search of many workers: each takes the next trial, and what all have found is there for all.

Workers are processes that call `SharedStudy.run` with the same question; they come and go. An attempt of a
worker that ended is made again with the same parameters, by this one or another. See `bnngen.study.attempts`.
"""

from __future__ import annotations

import json
import math
import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, TrialState, create_trial

from bnngen.base.errors import UsageError
from bnngen.study.attempts import REPLACES, Slot, slots, void
from bnngen.study.beats import BEAT, Pace, Watch, beating
from bnngen.study.samplers import FOUND, MakeSampler, Memoryless, tpe
from bnngen.study.storage import Store, opened

QUESTION = "bnngen:question"
"""The study's attribute with what it answers."""
WORKER = "bnngen:worker"
"""The trial's attribute with the worker whose attempt it is."""
Params = Mapping[str, Any]
Entry = str | int | float | bool | None


@dataclass(frozen=True)
class Search:
    """What is searched. Workers with the same ``name`` share a study if their ``question`` is the same: all
    that what a trial finds depends on, beside its parameters. ``seed`` and ``sampler`` say what is tried."""

    name: str
    question: Mapping[str, Entry]
    directions: tuple[Literal["minimize", "maximize"], ...] = ("maximize",)
    seed: int = 0
    sampler: MakeSampler = tpe

    @property
    def whole_question(self) -> dict[str, Entry]:
        """As it is kept with the study."""
        return {**self.question, "directions": ", ".join(self.directions), "seed": self.seed}


@dataclass(frozen=True)
class Found:
    """What an evaluation finds: finite ``values``, one a direction; ``constraints``, each at most 0 where it
    holds; and a ``record`` for people and programs, which JSON takes."""

    values: tuple[float, ...]
    constraints: tuple[float, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """A finished trial: its ``number`` from 0, its parameters, and what was found."""

    number: int
    params: Params
    found: Found


@dataclass(frozen=True)
class Work:
    """What a worker does for a trial; what it finds depends on the parameters alone.

    ``suggest`` asks an Optuna trial for parameters, of which each may depend on those before, and does no
    more. ``evaluate`` gets them with the trial's number. ``key`` says what parameters stand for: a trial
    whose key is that of a finished one is answered from that. ``waits`` hears for how many trials of other
    workers this one begins to wait.
    """

    suggest: Callable[[optuna.Trial, int], object]
    evaluate: Callable[[Params, int], Found]
    key: Callable[[Params], str] = lambda params: json.dumps(params, sort_keys=True)
    waits: Callable[[int], None] = lambda count: None


@contextmanager
def open_study(search: Search, address: str | None = None, pace: Pace | None = None) -> Iterator[SharedStudy]:
    """The study of ``search`` in the storage at ``address`` (see `bnngen.study.storage`); without one, a
    fresh study in memory. Raises UsageError if the study there answers another question, and as `opened`."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with opened(address) as store:
        with store.failures():
            _join(search, store)
        yield SharedStudy(search, store, pace or Pace())


def _join(search: Search, store: Store) -> None:
    """Make the study if it is not there. Raises UsageError if it answers another question."""
    study = optuna.create_study(
        storage=store.storage,
        study_name=search.name,
        directions=search.directions,
        load_if_exists=True,
    )
    if QUESTION not in study.user_attrs and not study.get_trials(deepcopy=False):
        study.set_user_attr(QUESTION, search.whole_question)
    theirs, ours = study.user_attrs.get(QUESTION, {}), search.whole_question
    if theirs != ours:
        raise UsageError(
            f"the study '{search.name}' in '{store.name}' answers another question: "
            f"{_differences(theirs, ours)}; run the same command as its other workers, "
            "or name another storage"
        )


def _differences(theirs: Mapping[str, Entry], ours: Mapping[str, Entry]) -> str:
    if not theirs:
        return "it is not bnngen's"
    names = sorted(name for name in {*theirs, *ours} if theirs.get(name) != ours.get(name))
    return ", ".join(f"{name} is {theirs.get(name)!r} there and {ours.get(name)!r} here" for name in names)


class SharedStudy:
    """The study, as one worker sees it."""

    def __init__(self, search: Search, store: Store, pace: Pace) -> None:
        self._search, self._store, self._pace = search, store, pace
        self._watch = Watch(pace)
        self._sampler = Memoryless(search.sampler, search.seed)
        self._worker = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"

    def finished(self, count: int) -> list[Trial]:
        """Those of the first ``count`` trials that are finished."""
        return [_trial(slot) for slot in self._look()[:count] if slot.finished]

    def run(self, count: int, work: Work) -> list[Trial]:
        """Take part until the first ``count`` trials are finished, and return them.

        Raises what ``work`` raises, and UsageError if the storage fails; then, and when it is interrupted,
        what this worker was at is free for others at once.
        """
        try:
            while (taken := self._next(count, work)) is not None:
                self._try(taken, work)
        except BaseException:
            with suppress(Exception):  # the first error counts
                self._release()
            raise
        return self.finished(count)

    def _next(self, count: int, work: Work) -> Slot | None:
        """The next slot, which is then this worker's; None if all are finished."""
        told = False
        while True:
            found = self._look()
            left = [slot for slot in found[:count] if not slot.finished]
            if not left and len(found) >= count:
                return None
            offers = self._offers(left, fresh=len(found) < count)
            if not offers:
                if not told:
                    told = True
                    work.waits(len(left))
                time.sleep(self._pace.seconds / 2)
            elif (taken := self._claim(offers[0], count)) is not None:
                return taken

    def _offers(self, left: Sequence[Slot], fresh: bool) -> list[FrozenTrial | None]:
        """What this worker may take now: attempts to replace, which nobody makes or whose worker is dead;
        else None, a fresh one, if there may be one.

        A fresh one has to wait until it is known which workers were alive at the beginning: one that was
        killed and starts again goes on with what it was at, as if it had not been killed.
        """
        self._watch.look([slot.holder for slot in left if slot.taken])
        free = [s.holder for s in left if not s.taken or self._watch.is_stale(s.holder)]
        return free or ([None] if fresh and not self._watch.in_doubt else [])

    def _claim(self, replaced: FrozenTrial | None, count: int) -> Slot | None:
        """A new attempt, at the place of ``replaced`` if that is given; None if another worker was faster."""
        attributes: dict[str, Any] = {WORKER: self._worker}
        kept: dict[str, Any] = {}
        if replaced is not None:
            attributes[REPLACES] = replaced.number
            kept = {n: getattr(replaced, n) for n in ("params", "distributions", "system_attrs")}
        with self._store.failures():
            self._study().add_trial(create_trial(state=TrialState.RUNNING, user_attrs=attributes, **kept))
        # this ends the one replaced, unless that has been finished meanwhile, or this worker's own if another
        # was faster
        mine = [slot for slot in self._look()[:count] if slot.taken and self._is_mine(slot.holder)]
        if not mine:
            self._release()  # it is one too many: others have begun all fresh ones
            return None
        return mine[0]

    def _try(self, slot: Slot, work: Work) -> None:
        """Find what the slot's parameters give, and tell; if others have taken it over meanwhile, nothing."""
        held = slot.holder
        self._sampler.slot = slot.number
        study = self._study()
        with suppress(UpdateFinishedTrialError), beating(self._beat(held), self._pace):
            with self._store.failures():
                trial = optuna.trial.Trial(study, held._trial_id)
                work.suggest(trial, slot.number)
            params = dict(sorted(trial.params.items()))  # storages give them in orders of their own
            key = work.key(params)
            found = self._known(key)
            if found is None:
                found = _checked(work.evaluate(params, slot.number), self._search)
            self._tell(study, held, key, found)

    def _beat(self, held: FrozenTrial) -> Callable[[int], None]:
        return lambda count: self._store.storage.set_trial_user_attr(held._trial_id, BEAT, count)

    def _known(self, key: str) -> Found | None:
        """What a finished trial of the same key has found."""
        same = (s for s in self._look() if s.finished and s.holder.user_attrs[FOUND]["key"] == key)
        return next((_trial(slot).found for slot in same), None)

    def _tell(self, study: optuna.Study, held: FrozenTrial, key: str, found: Found) -> None:
        self._look()  # it ends this attempt if another one has completed the slot
        beside = {"key": key, "constraints": list(found.constraints), "record": dict(found.record)}
        with self._store.failures():
            self._store.storage.set_trial_user_attr(held._trial_id, FOUND, beside)
            study.tell(held.number, found.values, state=TrialState.COMPLETE, skip_if_finished=True)

    def _look(self) -> list[Slot]:
        """All slots. Attempts that can't count any more are ended."""
        with self._store.failures():
            trials = self._study().get_trials(deepcopy=False)
            for trial in void(trials):
                self._end(trial)
            return slots(trials)

    def _release(self) -> None:
        """End what this worker is at: it is free then."""
        with self._store.failures():
            for trial in self._study().get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
                if self._is_mine(trial):
                    self._end(trial)

    def _end(self, trial: FrozenTrial) -> None:
        with suppress(UpdateFinishedTrialError):
            self._store.storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)

    def _is_mine(self, trial: FrozenTrial) -> bool:
        return bool(trial.user_attrs.get(WORKER) == self._worker)

    def _study(self) -> optuna.Study:
        """Optuna's study; each is used for one trial, since it remembers those that it has seen."""
        with self._store.failures():
            return optuna.load_study(
                study_name=self._search.name, storage=self._store.storage, sampler=self._sampler
            )


def _trial(slot: Slot) -> Trial:
    held = slot.holder
    beside = held.user_attrs[FOUND]
    found = Found(tuple(held.values), tuple(beside["constraints"]), beside["record"])
    return Trial(slot.number, dict(sorted(held.params.items())), found)


def _checked(found: Found, search: Search) -> Found:
    """Raises ValueError if a value is not finite, or there are more or less than directions."""
    if len(found.values) != len(search.directions) or not all(map(math.isfinite, found.values)):
        raise ValueError(f"an evaluation of '{search.name}' has found {found.values}")
    return found
