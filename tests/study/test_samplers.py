"""Proposals follow from seed, slot and history alone."""

from __future__ import annotations

import optuna
import pytest
from optuna.trial import TrialState

from bnngen.study.samplers import FOUND, MakeSampler, Memoryless, nsga2, tpe

pytestmark = pytest.mark.train


def history(make: MakeSampler, seed: int, count: int, directions: tuple[str, ...]) -> optuna.Study:
    """A study with ``count`` trials."""
    sampler = Memoryless(make, seed)
    study = optuna.create_study(directions=directions, sampler=sampler)
    for sampler.slot in range(count):
        trial = study.ask()
        x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
        trial.set_user_attr(FOUND, {"constraints": [0.5 - x]})
        study.tell(trial, [x, y, x * y][: len(directions)])
    return study


SAMPLERS = [(tpe, ("maximize",)), (nsga2(4), ("maximize", "minimize"))]


@pytest.mark.parametrize(("make", "directions"), SAMPLERS)
def test_the_same_again(make: MakeSampler, directions: tuple[str, ...]) -> None:
    first, second, other = (history(make, seed, 14, directions) for seed in (1, 1, 2))
    assert [t.params for t in first.trials] == [t.params for t in second.trials]
    assert [t.params for t in first.trials] != [t.params for t in other.trials]
    assert len({tuple(t.params.values()) for t in first.trials}) > 10  # slots don't repeat each other
    assert all(t.params["x"] != t.params["y"] for t in first.trials)


@pytest.mark.parametrize(("make", "directions"), SAMPLERS)
def test_the_order_of_suggestions_does_not_matter_at_first(
    make: MakeSampler, directions: tuple[str, ...]
) -> None:
    """Who goes on with a trial draws the parameters that are missing as if it had drawn the others too."""
    study = optuna.create_study(directions=directions, sampler=Memoryless(make, 1))
    trial = study.ask()
    y, x = trial.suggest_float("y", 0, 1), trial.suggest_float("x", 0, 1)
    assert {"x": x, "y": y} == history(make, 1, 1, directions).trials[0].params


def test_constraints_lead_the_search() -> None:
    """The directions alone would lead to where it is broken."""
    study = history(nsga2(10), 1, 60, ("minimize", "minimize"))
    assert all(t.state == TrialState.COMPLETE for t in study.trials)
    kept = [t.params["x"] >= 0.5 for t in study.trials]
    assert sum(kept[:10]) < 8
    assert sum(kept[-20:]) > 14
