"""What the training makes smaller: the labels' loss, and the distance from a teacher."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bnngen.train.choices import LOSSES
from bnngen.train.distill.teacher import Teacher, answer
from bnngen.train.inputs import Prepared
from bnngen.train.recipe import DistillTable, Recipe, TrainTable
from bnngen.train.trainee import Trainee


class Objective(nn.Module):
    """The cross-entropy of the labels, some of whose weight may be spread over all classes."""

    def __init__(self, table: TrainTable) -> None:
        super().__init__()
        self.smoothing, self._bfloat16 = table.label_smoothing, table.precision == "bfloat16"

    def products(self, device: torch.device) -> torch.autocast:
        """The context in which the network's products have the recipe's precision."""
        return torch.autocast(device.type, torch.bfloat16, enabled=self._bfloat16)

    def forward(self, network: Trainee, x: Tensor, y: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """The loss of inputs ``x`` with labels ``y``, samples ``chosen``; and the logits (N, classes)."""
        with self.products(x.device):
            logits = network.logits(x)
        return self.of_labels(logits, y), logits

    def of_labels(self, logits: Tensor, y: Tensor) -> Tensor:
        """The loss of logits (N, classes) for labels (N,)."""
        return nn.functional.cross_entropy(logits.float(), y, label_smoothing=self.smoothing)


class Distillation(Objective):
    """The labels and a teacher together, as `DistillTable` weighs them."""

    def __init__(
        self, train: TrainTable, table: DistillTable, teacher: Teacher, widths: tuple[int, int]
    ) -> None:
        super().__init__(train)
        self.table = table
        # not a submodule: it is neither trained nor saved
        self._teacher = [teacher]
        self.weights = {name: weight for name in LOSSES if (weight := getattr(table, name))}
        for name in self.weights:
            self.add_module(name, LOSSES[name](table, *widths))

    def forward(self, network: Trainee, x: Tensor, y: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """See `Objective`; the teacher is asked for the samples ``chosen``."""
        with self.products(x.device):
            logits, hidden = (part.float() for part in answer(network, x))
        taught = self._teacher[0](x, chosen)
        loss = (1 - self.table.response) * self.of_labels(logits, y)
        for name, weight in self.weights.items():
            loss = loss + weight * self.get_submodule(name)((logits, hidden), taught)
        return loss, logits


def make_objective(
    recipe: Recipe, prepared: Prepared, network: Trainee, teacher: Teacher | None
) -> Objective:
    """The recipe's objective for ``network``, with the teacher that the recipe names."""
    if recipe.distill is None or teacher is None:
        return Objective(recipe.train)
    x = torch.zeros(2, *prepared.shape, device=network.log_scale.device)
    with torch.no_grad():
        own, taught = answer(network.eval(), x)[1], teacher(x, torch.arange(2, device=x.device))[1]
    return Distillation(recipe.train, recipe.distill, teacher, (own.shape[1], taught.shape[1]))
