"""Pruning within a training run: what is removed in front of an epoch, and what goes on from there."""

from __future__ import annotations

from functools import cached_property, partial
from pathlib import Path
from typing import Any

import torch

from bnngen.base.errors import RecipeError
from bnngen.train.checkpoint import Checkpoint, finished_run
from bnngen.train.choices import RECOVERIES, SCHEDULES, SCORES, UNITS
from bnngen.train.feed import Feed
from bnngen.train.inputs import Prepared
from bnngen.train.prune.phase import Phase
from bnngen.train.prune.removal import hold_zeros
from bnngen.train.prune.restore import restore
from bnngen.train.prune.scores import Score
from bnngen.train.prune.table import PruneTable
from bnngen.train.prune.units import Choose, neurons
from bnngen.train.recipe import Recipe
from bnngen.train.session import Session
from bnngen.train.trainee import Trainee, build_network


class Pruner:
    """The choices of the recipe's ``[prune]``, put together. Raises RecipeError if they can't be."""

    def __init__(self, recipe: Recipe, table: PruneTable, prepared: Prepared, feed: Feed) -> None:
        self.recipe, self.table, self.prepared, self.feed = recipe, table, prepared, feed
        if table.unit == "neurons" and recipe.distill is not None and recipe.distill.feature:
            raise RecipeError("found together with pruned neurons; accepted: 0", "distill.feature")
        if table.recovery == "rewind" and table.rewind_epoch >= recipe.train.epochs:
            raise RecipeError(
                f"found {table.rewind_epoch}; accepted: less than the {recipe.train.epochs} of train.epochs",
                "prune.rewind_epoch",
            )

    def begin(self, checkpoint: Checkpoint) -> None:
        """Start with the network of an earlier run, where the recipe names one.

        Raises RecipeError if it can't be, or if it can't be pruned to the widths that the recipe names.
        """
        if checkpoint.log:
            return
        if self.table.network is not None:
            checkpoint.best = self._earlier(self.table.network)
        if self.table.widths is not None:
            earlier = restore(self.recipe, self.prepared, checkpoint.best) if checkpoint.best else None
            neurons.check_widths(self.table.widths, earlier or self._full_size)

    def _earlier(self, folder: Path) -> dict[str, Any]:
        """What the run in ``folder`` has learned."""
        run = finished_run(folder)
        if run is None:
            raise RecipeError(f"'{folder}' holds no finished run of bnngen train", "prune.network")
        made, earlier = run
        for name in ("data", "model"):
            if getattr(made, name) != getattr(self.recipe, name):
                raise RecipeError(f"'{folder}' was made with another [{name}]", "prune.network")
        return earlier.best

    def watch(self, session: Session) -> None:
        """See to it in all steps of a session that what has become 0 stays 0."""
        if self.table.unit in ("weights", "fan_in", "blocks"):
            hold_zeros(session.optimizer)

    def before_epoch(self, checkpoint: Checkpoint, stage: Phase, session: Session) -> None:
        """What is due in front of the epoch at which ``checkpoint`` is."""
        rewind_to = (len(self.recipe.train.warm_start), self.table.rewind_epoch)
        if self.table.recovery == "rewind" and (checkpoint.stage, checkpoint.epoch) == rewind_to:
            checkpoint.early = session.network.copied_state()
        if checkpoint.epoch in stage.removals:
            self._remove(checkpoint, session, stage.removals[checkpoint.epoch])
        if stage.restarts and checkpoint.epoch == 0 and checkpoint.early:
            session.network.load_state_dict(checkpoint.early)

    def _remove(self, checkpoint: Checkpoint, session: Session, progress: float) -> None:
        """Remove from the session's network, and from what it may be set back to, as much as is due."""
        score: Score = SCORES[self.table.score](session.network, self._batches(len(checkpoint.log)))
        gone = partial(SCHEDULES[self.table.schedule].share, progress=progress, table=self.table)
        choose: Choose = UNITS[self.table.unit]
        removal = choose(session.network, score, self._full_size, gone, self.table)
        origin = RECOVERIES[self.table.recovery](checkpoint.early, self._fresh)
        if checkpoint.early or origin:
            early = restore(self.recipe, self.prepared, checkpoint.early or origin)
            removal.apply(early)
            checkpoint.early = early.copied_state()
        score.settle(removal)
        removal.apply(session.network, session.optimizer)
        checkpoint.best_accuracy = -1.0

    def _batches(self, epoch: int) -> list[Any]:
        random = torch.Generator().manual_seed(self.recipe.train.seed + epoch)
        return list(self.feed.some(random, self.table.batches))

    def _fresh(self) -> Trainee:
        torch.manual_seed(self.recipe.train.seed + 1)
        return build_network(self.recipe, self.prepared)

    @cached_property
    def _full_size(self) -> Trainee:
        return self._fresh()


def nonzero_weights(network: Trainee) -> int:
    """How many quantised weights of the network are not 0."""
    with torch.no_grad():
        return sum(int((layer.quant_weight().value != 0).sum()) for layer in network.quantized_layers())
