"""Progressive shrinking: the largest network learns first, then ever more of its sub-networks."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from bnngen.base.errors import RecipeError
from bnngen.supernet.dimensions import Genes
from bnngen.supernet.importance import sort_channels
from bnngen.supernet.judge import CHANNELS, Material
from bnngen.supernet.recipe import DIMENSIONS, SupernetRecipe
from bnngen.supernet.shared import Shared
from bnngen.supernet.space import Space
from bnngen.train.checkpoint import Checkpoint, fitting
from bnngen.train.distill.response import response_loss
from bnngen.train.feed import epoch_random
from bnngen.train.objective import Objective
from bnngen.train.optimizers import make_optimizer, make_schedule
from bnngen.train.trainee import Trainee


@dataclass(frozen=True)
class ShrinkStage:
    """Epochs with these dimensions open."""

    name: str
    open: frozenset[str]
    epochs: int
    rate: float
    sorts: bool = False
    taught: bool = True


def stages(recipe: SupernetRecipe) -> list[ShrinkStage]:
    """The largest network at random resolution, then the phases; or all at once."""
    table, train = recipe.supernet, recipe.train
    named = frozenset(name for phase in table.phases for name in phase.open)
    if table.is_naive:
        space = Space(recipe)
        named = named or frozenset(name for name in DIMENSIONS if space.smaller({name}))
        epochs = train.epochs + sum(phase.epochs for phase in table.phases)
        return [ShrinkStage("all", named | {"size"}, epochs, train.learning_rate, taught=table.sandwich)]
    open_, rate = frozenset({"size"} - named), table.learning_rate or train.learning_rate
    found = [ShrinkStage("largest", open_, train.epochs, train.learning_rate, taught=False)]
    for phase in table.phases:
        open_ = open_ | set(phase.open)
        sorts = bool(CHANNELS & set(phase.open))
        found.append(ShrinkStage(", ".join(phase.open), open_, phase.epochs, rate, sorts))
    return found


class ShrinkWatcher:
    """What is told while a supernet is trained; does nothing itself."""

    def batch(self, stage: str, epoch: int, done: int, total: int) -> None:
        """``done`` of ``total`` batches of this epoch (from 1) are through."""

    def epoch(self, entry: dict[str, Any], epochs: int) -> None:
        """An epoch of ``epochs`` is over: its line of the log."""

    def judged(self, done: int, total: int) -> None:
        """``done`` of ``total`` sub-networks are judged."""


class Shrinking:
    """One training: the shared weights, and how its state is saved."""

    def __init__(
        self,
        recipe: SupernetRecipe,
        material: Material,
        watcher: ShrinkWatcher,
        save: Callable[[Checkpoint], None],
    ) -> None:
        self.recipe, self.material, self.watcher, self.save = recipe, material, watcher, save
        self.space, self.table = material.space, recipe.supernet
        self.stages = stages(recipe)
        self.objective = Objective(recipe.train)
        torch.manual_seed(recipe.train.seed)
        self.shared = Shared(self.space, material.at(self.space.largest).prepared).to(material.device)
        self._teachers: dict[int, Trainee] = {}

    def run(self, checkpoint: Checkpoint) -> Shared:
        """Train from where ``checkpoint`` is to the end. Raises RecipeError if the loss is not finite."""
        if checkpoint.network:
            with fitting():
                self.shared.load_state_dict(checkpoint.network)
        while not checkpoint.finished:
            with fitting():
                stage = self.stages[checkpoint.stage]
            self._run_stage(checkpoint, stage)
        found: Shared = self.shared
        return found

    def _run_stage(self, checkpoint: Checkpoint, stage: ShrinkStage) -> None:
        if checkpoint.epoch == 0 and stage.sorts:
            sort_channels(self.shared, self.material.at(self.space.largest).prepared)
        if checkpoint.stage == 1 and checkpoint.epoch == 0:
            checkpoint.early = self.material.weights(self.shared, self.space.largest)
        if checkpoint.stage and checkpoint.epoch == 0:
            self.shared.draw_in()
        self._teachers = self._make_teachers(checkpoint) if stage.taught and not self.table.sandwich else {}
        optimizer = make_optimizer(self.recipe.train, self.shared.parameters())
        for group in optimizer.param_groups:
            group["lr"] = stage.rate
        batches = self.material.at(self.space.largest).feed.batches
        schedule = make_schedule(self.recipe.train, optimizer, stage.epochs, batches)
        if checkpoint.epoch:
            with fitting():
                optimizer.load_state_dict(checkpoint.optimizer)
                schedule.load_state_dict(checkpoint.schedule)
        while checkpoint.epoch < stage.epochs:
            entry = self._epoch(checkpoint, stage, optimizer, schedule)
            checkpoint.log.append(entry)
            checkpoint.epoch += 1
            checkpoint.network = self.shared.state_dict()
            checkpoint.optimizer, checkpoint.schedule = optimizer.state_dict(), schedule.state_dict()
            if last := checkpoint.epoch == stage.epochs:
                checkpoint.stage, checkpoint.epoch = checkpoint.stage + 1, 0
                checkpoint.finished = checkpoint.stage == len(self.stages)
            self.save(checkpoint)
            self.watcher.epoch(entry, sum(s.epochs for s in self.stages))
            if last:
                return

    def _epoch(
        self, checkpoint: Checkpoint, stage: ShrinkStage, optimizer: Optimizer, schedule: LRScheduler
    ) -> dict[str, Any]:
        started = time.perf_counter()
        number, feed = len(checkpoint.log) + 1, self.material.at(self.space.largest).feed
        random = epoch_random(self.recipe.train.seed, number)
        choice = Random(f"{self.recipe.train.seed} {number}")
        rate = optimizer.param_groups[0]["lr"]
        loss = right = torch.zeros((), device=self.material.device)
        for done, chosen in enumerate(feed.order(random), 1):
            progress = (checkpoint.epoch + (done - 1) / feed.batches) / stage.epochs
            optimizer.zero_grad()
            picked = self.picks(stage, choice)
            step_loss, step_right = self._learn(stage, picked, chosen, random, progress)
            optimizer.step()
            schedule.step()
            self.shared.clip_latent_weights()
            loss, right = loss + step_loss, right + step_right
            self.watcher.batch(stage.name, number, done, feed.batches)
        if not math.isfinite(loss.item()):
            raise RecipeError(
                f"the loss of epoch {number} is {loss.item()}, so nothing can be learned; take a smaller one",
                "train.learning_rate",
            )
        return {
            "epoch": number,
            "stage": stage.name,
            "loss": loss.item() / feed.batches,
            "train_accuracy": right.item() / (feed.batches * feed.batch),
            "validation_accuracy": self.material.judge(self.shared, self.space.largest),
            "smallest_accuracy": self.material.judge(self.shared, self.space.smallest),
            "learning_rate": rate,
            "seconds": round(time.perf_counter() - started, 3),
        }

    def picks(self, stage: ShrinkStage, choice: Random) -> list[dict[str, int]]:
        """The sub-networks of a step, all of one resolution."""
        closed = not self.space.smaller(stage.open - {"size"})
        count = 1 if closed else self.table.samples
        picked = [self.space.random(choice, stage.open) for _ in range(count)]
        if self.table.sandwich and not closed:
            picked = [self.space.largest, *picked, self.space.smallest_of(stage.open)]
        if "size" in picked[0]:
            size = self.space.random(choice, stage.open)["size"]
            picked = [genes | {"size": size} for genes in picked]
        return picked

    def _learn(
        self,
        stage: ShrinkStage,
        picked: list[dict[str, int]],
        chosen: Tensor,
        random: torch.Generator,
        progress: float,
    ) -> tuple[Tensor, Tensor]:
        """Add up the gradients of these networks; the mean of their losses and of how many samples were
        right."""
        x, y, _ = self.material.at(picked[0]).feed.augmented(chosen, random)
        taught = self._teach(picked[0], x)
        losses, rights = [], []
        for genes in picked:
            logits = self._logits(genes, x, progress)
            loss = self.objective.of_labels(logits, y)
            if taught is not None:
                own = response_loss(logits, taught, self.table.temperature)
                loss = (1 - self.table.response) * loss + self.table.response * own
            (loss / len(picked)).backward()
            if self.table.sandwich and stage.taught and taught is None:
                taught = logits.detach()
            losses.append(loss.detach())
            rights.append((logits.detach().argmax(1) == y).sum())
        return torch.stack(losses).mean(), torch.stack(rights).float().mean()

    def _logits(self, genes: Genes, x: Tensor, progress: float) -> Tensor:
        skeleton = self.material.skeleton(genes)
        weights = self.shared.weights(self.material.layout(genes))
        with self.objective.products(x.device):
            scores = skeleton.scores(weights, x, progress)
        found: Tensor = scores.float() * weights["log_scale"].exp()
        return found

    def _make_teachers(self, checkpoint: Checkpoint) -> dict[int, Trainee]:
        """The largest network of the first stage, with batch norms for each resolution."""
        largest = self.space.largest
        variants = [largest | {"size": size} for size in self.space.choices.get("size", ())] or [largest]
        batches = self.table.norm_batches
        return {g.get("size", 0): self.material.extract(checkpoint.early, g, batches) for g in variants}

    def _teach(self, genes: Genes, x: Tensor) -> Tensor | None:
        """What the teacher says at this resolution, if there is one."""
        if not self._teachers:
            return None
        with torch.no_grad():
            return self._teachers[genes.get("size", 0)].logits(x)
