"""How much is gone when."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bnngen.train.choices import SCHEDULES
from bnngen.train.prune.table import PruneTable
from bnngen.train.recipe import Recipe
from bnngen.train.session import Stage, stages

pytestmark = pytest.mark.train


def table(**fields: object) -> PruneTable:
    return PruneTable.model_validate({"unit": "weights", "amount": 0.6, "steps": 3, **fields})


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("recovery", ["continue", "rewind"])
def test_all_is_gone_at_the_end(name: str, recovery: str) -> None:
    schedule = SCHEDULES[name]
    phases = schedule.phases(table(recovery=recovery), 5)
    steps = [progress for phase in phases for _, progress in sorted(phase.removals.items())]
    shares = [schedule.share(0.6, progress, table()) for progress in steps]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(0.6)
    assert phases[-1].restarts or recovery == "continue"
    assert all(epoch < phase.epochs for phase in phases for epoch in phase.removals)


def test_the_shares_of_the_papers() -> None:
    half_and_half_again = SCHEDULES["iterative"].share(0.75, 0.5, table())
    assert half_and_half_again == pytest.approx(0.5)
    share = SCHEDULES["polynomial"].share
    assert share(0.8, 0.5, table()) == pytest.approx(0.8 * (1 - 0.5**3))
    begun = table(schedule="polynomial", initial=0.2)
    assert share(0.8, 0, begun) == pytest.approx(0.2)
    assert share(0.8, 0.5, begun) == pytest.approx(0.8 - 0.6 * 0.5**3)
    assert share(0.1, 0, begun) == 0.1  # a layer that loses less than others


def test_the_polynomial_s_first_epoch_and_frequency() -> None:
    phases = SCHEDULES["polynomial"].phases
    fields: dict[str, object] = {"schedule": "polynomial", "first_epoch": 2, "every": 3}
    (phase,) = phases(table(**fields), 20)
    assert (phase.epochs, phase.removals) == (20, {2: 1 / 3, 5: 2 / 3, 8: 1.0})
    (phase,) = phases(table(**fields, initial=0.3), 4)
    assert (phase.epochs, phase.removals) == (12, {2: 0.0, 5: 1 / 3, 8: 2 / 3, 11: 1.0})


@pytest.mark.parametrize("field", ["initial", "first_epoch", "every"])
def test_what_only_the_polynomial_has(field: str) -> None:
    value = 0.5 if field == "initial" else 2
    with pytest.raises(ValidationError, match=f"without {field}, which the schedule iterative does not have"):
        table(schedule="iterative", **{field: value})


def test_they_come_behind_the_recipe_s_own() -> None:
    tables: dict[str, dict[str, Any]] = {
        "data": {"name": "t"},
        "model": {"architecture": "mlp"},
        "train": {"epochs": 7, "warm_start": [2]},
        "prune": {"unit": "neurons", "amount": 0.5, "epochs": 3},
    }
    own = [Stage(5, least_bits=2), Stage(7)]
    last = Stage(3, {0: 1.0}, restarts=True)
    assert stages(Recipe.model_validate(tables)) == [*own, last]
    tables["prune"]["network"] = "earlier"
    assert stages(Recipe.model_validate(tables)) == [last]
