"""Progressive shrinking: its stages, what learns in each, and going on."""

from __future__ import annotations

import copy
from random import Random

import pytest
import torch
from support.supernets import PHASES, MakeSupernet

from bnngen.base.errors import RecipeError
from bnngen.supernet.judge import Material
from bnngen.supernet.recipe import SupernetRecipe
from bnngen.supernet.shrink import Shrinking, ShrinkWatcher, stages
from bnngen.supernet.space import Space
from bnngen.train.checkpoint import Checkpoint

pytestmark = pytest.mark.train


class StoppedError(Exception):
    """In the middle of a run."""


def shrinking(recipe: SupernetRecipe, stop_behind: int = 0) -> tuple[Shrinking, list[Checkpoint]]:
    saved: list[Checkpoint] = []

    def save(state: Checkpoint) -> None:
        saved.append(copy.deepcopy(state))
        if len(state.log) == stop_behind:
            raise StoppedError

    return Shrinking(recipe, Material(Space(recipe), torch.device("cpu")), ShrinkWatcher(), save), saved


def test_the_stages(supernet_recipe: MakeSupernet) -> None:
    first, second, third = stages(supernet_recipe())
    assert (first.name, first.open, first.taught) == ("largest", {"size"}, False)
    assert second.open == {"size", "bits", "kernel"}
    assert (third.open, third.epochs) == ({"size", "bits", "kernel", "depth", "width"}, 2)
    assert [stage.sorts for stage in (first, second, third)] == [False, False, True]
    (naive,) = stages(supernet_recipe("[supernet]", '[supernet]\nmethod = "naive"'))
    assert (naive.open, naive.epochs, naive.taught) == (third.open, 4, False)
    (plain,) = stages(supernet_recipe(PHASES, ""))
    assert (plain.open, plain.epochs) == (third.open, 1)
    (some,) = stages(supernet_recipe(PHASES, "", "act_bits = [1]\n", "", "sizes = [6]\n", ""))
    assert some.open == {"size", "kernel", "depth", "width"}


def test_what_learns_in_a_step(supernet_recipe: MakeSupernet) -> None:
    run, _ = shrinking(supernet_recipe("[supernet]", "[supernet]\nsandwich = true\nsamples = 3"))
    space, (first, second, _) = run.space, run.stages
    alone = run.picks(first, Random(0))
    assert [g | {"size": 8} for g in alone] == [space.largest]
    picked = run.picks(second, Random(0))
    assert len(picked) == 5
    size = picked[0]["size"]
    assert {genes["size"] for genes in picked} == {size}
    assert picked[0] == space.largest | {"size": size}
    assert picked[-1] == space.smallest_of({"bits", "kernel"}) | {"size": size}


@pytest.mark.parametrize("more", ["", "sandwich = true\n", 'method = "naive"\n'])
def test_a_run_that_was_stopped_goes_on_as_if_not(supernet_recipe: MakeSupernet, more: str) -> None:
    recipe = supernet_recipe(
        "[supernet]", f"[supernet]\n{more}", "epochs = 1\nbatch", "epochs = 1\ndropout = 0.1\nbatch"
    )
    run, saved = shrinking(recipe)
    whole = run.run(Checkpoint("x")).state_dict()
    assert [entry["epoch"] for entry in saved[-1].log] == [1, 2, 3, 4]
    assert saved[-1].finished
    stopped, early = shrinking(recipe, stop_behind=3)
    with pytest.raises(StoppedError):
        stopped.run(Checkpoint("x"))
    again, _ = shrinking(recipe)
    state = again.run(early[-1]).state_dict()
    assert all(torch.equal(state[name], value) for name, value in whole.items())


def test_a_loss_that_is_no_number(supernet_recipe: MakeSupernet) -> None:
    run, _ = shrinking(supernet_recipe())
    with torch.no_grad():
        run.shared["log_scale"].fill_(float("inf"))
    with pytest.raises(RecipeError, match=r"train\.learning_rate: the loss of epoch 1 is nan, so nothing"):
        run.run(Checkpoint("x"))
