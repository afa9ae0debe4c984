"""The training itself: stage by stage, epoch by epoch, from checkpoint to checkpoint."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import torch

from bnngen.base.errors import RecipeError
from bnngen.reports.results import TableRecord
from bnngen.train.batch_norm import measure_again
from bnngen.train.checkpoint import Checkpoint, fitting
from bnngen.train.distill.teacher import Teacher, load_teacher
from bnngen.train.feed import Feed, Tensors, accuracy, epoch_random
from bnngen.train.inputs import Prepared
from bnngen.train.prune.pruner import Pruner
from bnngen.train.prune.restore import restore
from bnngen.train.recipe import Recipe
from bnngen.train.session import Session, Stage, stages
from bnngen.train.start import start_state
from bnngen.train.trainee import Trainee

Entry = dict[str, Any]


class TrainWatcher:
    """What is told while a network is trained; does nothing itself."""

    def found(self, table: TableRecord) -> None:
        """The data come from a CSV file, which holds this."""

    def batch(self, epoch: int, done: int, total: int) -> None:
        """``done`` of ``total`` batches of this epoch (from 1) are through."""

    def epoch(self, entry: Entry, epochs: int) -> None:
        """An epoch of ``epochs`` is over: its line of the log."""


class Fit:
    """One run: its data on the device, who is told about it, and how its state is saved."""

    def __init__(
        self,
        recipe: Recipe,
        prepared: Prepared,
        device: torch.device,
        watcher: TrainWatcher,
        save: Callable[[Checkpoint], None],
    ) -> None:
        self.recipe, self.prepared, self.device = recipe, prepared, device
        self.watcher, self.save = watcher, save
        self.feed = Feed(prepared, recipe.train, device)
        self.validation = Tensors.of(prepared.data.validation, device)
        self.stages = stages(recipe)
        self.teacher: Teacher | None = None
        self.pruner = Pruner(recipe, recipe.prune, prepared, self.feed) if recipe.prune else None

    def run(self, checkpoint: Checkpoint) -> Trainee:
        """Train from where ``checkpoint`` is to the end; the network to keep, on the CPU.

        Raises RecipeError if the loss leaves the finite numbers.
        """
        if self.recipe.distill is not None and not checkpoint.finished:
            self.teacher = load_teacher(self.recipe.distill, self.recipe, self.prepared, self.device)
        if self.recipe.train.start is not None and not checkpoint.log:
            checkpoint.best = start_state(self.recipe.train.start, self.recipe, self.prepared)
        if self.pruner is not None:
            self.pruner.begin(checkpoint)
        while not checkpoint.finished:
            with fitting():
                stage = self.stages[checkpoint.stage]
            self._run_stage(checkpoint, stage)
        result: Trainee = restore(self.recipe, self.prepared, checkpoint.best).eval()
        return result

    def _run_stage(self, checkpoint: Checkpoint, stage: Stage) -> None:
        like = checkpoint.network if checkpoint.epoch else checkpoint.best
        session = Session.start(
            self.recipe, self.prepared, stage, self.feed.batches, self.device, self.teacher, like
        )
        session.load(checkpoint)
        if self.pruner is not None:
            self.pruner.watch(session)
        while checkpoint.epoch < stage.epochs:
            if checkpoint.epoch == 0:
                checkpoint.best_accuracy = -1.0
            if self.pruner is not None:
                self.pruner.before_epoch(checkpoint, stage, session)
            entry = self._epoch(checkpoint, stage, session)
            checkpoint.epoch += 1
            checkpoint.log.append(entry)
            self._choose(checkpoint, session.network)
            session.store(checkpoint)
            if last := checkpoint.epoch == stage.epochs:
                self._end_stage(checkpoint, session.network)
            self.save(checkpoint)
            self.watcher.epoch(entry, sum(s.epochs for s in self.stages))
            if last:
                return

    def _epoch(self, checkpoint: Checkpoint, stage: Stage, session: Session) -> Entry:
        started = time.perf_counter()
        number, batches = len(checkpoint.log) + 1, self.feed.batches
        random = epoch_random(self.recipe.train.seed, number)
        loss, right = torch.zeros(2, device=self.device)
        rate = session.optimizer.param_groups[0]["lr"]
        session.network.train()
        for done, chosen in enumerate(self.feed.order(random), 1):
            batch = self.feed.augmented(chosen, random)
            progress = (checkpoint.epoch + (done - 1) / batches) / stage.epochs
            loss, right = (a + b for a, b in zip((loss, right), session.step(batch, progress), strict=True))
            self.watcher.batch(number, done, batches)
        if not math.isfinite(loss.item()):
            raise RecipeError(
                f"the loss of epoch {number} is {loss.item()}, so nothing can be learned; take a smaller one",
                "train.learning_rate",
            )
        return {
            "epoch": number,
            "least_bits": stage.least_bits,
            "loss": loss.item() / batches,
            "train_accuracy": right.item() / (batches * self.feed.batch),
            "validation_accuracy": accuracy(session.network, self.validation),
            "learning_rate": rate,
            "seconds": round(time.perf_counter() - started, 3),
        }

    def _choose(self, checkpoint: Checkpoint, network: Trainee) -> None:
        """Remember the network if it is the one to keep so far."""
        reached = checkpoint.log[-1]["validation_accuracy"]
        if self.recipe.train.keep == "last" or reached > checkpoint.best_accuracy:
            checkpoint.best_accuracy = reached
            checkpoint.best = network.copied_state()

    def _end_stage(self, checkpoint: Checkpoint, network: Trainee) -> None:
        network.restore(checkpoint.best)
        if self.recipe.train.norm_batches:
            batches = self.feed.some(epoch_random(self.recipe.train.seed, 0), self.recipe.train.norm_batches)
            measure_again(network.body, (batch[0] for batch in batches))
            checkpoint.best = network.copied_state()
        checkpoint.stage += 1
        checkpoint.epoch = 0
        checkpoint.finished = checkpoint.stage == len(self.stages)
