"""One stage of a run in progress: the network, and what changes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from bnngen.train.checkpoint import Checkpoint, fitting
from bnngen.train.choices import SCHEDULES
from bnngen.train.distill.teacher import Teacher
from bnngen.train.feed import Batch
from bnngen.train.inputs import Prepared
from bnngen.train.objective import Objective, make_objective
from bnngen.train.optimizers import make_optimizer, make_schedule
from bnngen.train.prune.phase import Phase
from bnngen.train.prune.restore import shrink_to
from bnngen.train.recipe import Recipe
from bnngen.train.trainee import Trainee, build_network


@dataclass(frozen=True)
class Stage(Phase):
    """Epochs with at least so many bits in each layer: 1 is the recipe's own."""

    least_bits: int = 1


def stages(recipe: Recipe) -> list[Stage]:
    """Those of the warm start, then the recipe's own, then those of pruning."""
    train, prune = recipe.train, recipe.prune
    found = [*(Stage(train.warm_epochs, least_bits=bits) for bits in train.warm_start), Stage(train.epochs)]
    if prune is None:
        return found
    phases = SCHEDULES[prune.schedule].phases(prune, prune.epochs or train.epochs)
    pruning = [Stage(phase.epochs, phase.removals, phase.restarts) for phase in phases]
    return pruning if prune.network is not None else found + pruning


@dataclass
class Session:
    """What learns in a stage; its parts are those of the checkpoint."""

    network: Trainee
    objective: Objective
    optimizer: Optimizer
    schedule: LRScheduler

    @classmethod
    def start(
        cls,
        recipe: Recipe,
        prepared: Prepared,
        stage: Stage,
        batches: int,
        device: torch.device,
        teacher: Teacher | None,
        like: dict[str, Any],
    ) -> Session:
        """A fresh network, the same at every run, pruned as the state ``like`` is, if there is one."""
        torch.manual_seed(recipe.train.seed)
        network = build_network(recipe, prepared, stage.least_bits)
        if like:
            with fitting():
                shrink_to(network, like)
        network.to(device)
        objective = make_objective(recipe, prepared, network, teacher).to(device)
        learned = [p for p in (*network.parameters(), *objective.parameters()) if p.requires_grad]
        optimizer = make_optimizer(recipe.train, learned)
        schedule = make_schedule(recipe.train, optimizer, stage.epochs, batches)
        return cls(network, objective, optimizer, schedule)

    def load(self, checkpoint: Checkpoint) -> None:
        """Go on where ``checkpoint`` is: within a stage, or behind another one."""
        if checkpoint.epoch:
            self.network.restore(checkpoint.network)
            with fitting():
                for name in ("objective", "optimizer", "schedule"):
                    getattr(self, name).load_state_dict(getattr(checkpoint, name))
        elif checkpoint.best:
            take_over(self.network, checkpoint.best)

    def store(self, checkpoint: Checkpoint) -> None:
        """Put the state of each part into ``checkpoint``."""
        for name, part in vars(self).items():
            setattr(checkpoint, name, part.state_dict())

    def step(self, batch: Batch, progress: float) -> tuple[Tensor, Tensor]:
        """One step of the optimiser; the loss, and how many samples were right."""
        self.network.set_progress(progress)
        loss, logits = self.objective(self.network, *batch)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        self.network.clip_latent_weights()
        return loss.detach(), (logits.detach().argmax(1) == batch[1]).sum()


def take_over(network: Trainee, state: dict[str, Any]) -> None:
    """Load what fits of the ``state`` of a network with other quantisers: latent weights and batch norms.

    Training at 4 bits, then at 2, then at 1 is the warm start of Zhuang et al., CVPR 2018.
    """
    own = network.state_dict()
    fitting = {k: v for k, v in state.items() if k in own and own[k].shape == v.shape}
    network.load_state_dict(own | fitting)
