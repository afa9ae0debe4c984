"""The teacher: a network that an earlier run has left, and what it says of each training sample."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bnngen.errors import RecipeError
from bnngen.train.architectures import find_architecture
from bnngen.train.checkpoint import load_checkpoint
from bnngen.train.feed import EVALUATION_BATCH, Tensors
from bnngen.train.inputs import Prepared, prepare
from bnngen.train.network import Trainee, build_network
from bnngen.train.recipe import DataTable, DistillTable, Recipe, load_recipe

Answer = tuple[Tensor, Tensor]
"""Logits (N, classes) and the last hidden layer (N, features)."""

_INPUT_FIELDS = {"input", "threshold", "levels", "spacing"}


class Teacher(nn.Module):
    """Answers for batches; without augmentation it has answered for all training samples before the start."""

    def __init__(self, network: Trainee, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.network = network.eval().requires_grad_(False)
        self._shape = shape
        self._known: Answer | None = None

    def remember(self, part: Tensors) -> None:
        """Answer once for all samples of ``part``, which are in the teacher's own layout."""
        answers = [self._answer(x.float()) for x in part.x.split(EVALUATION_BATCH)]
        logits, hidden = (torch.cat(parts) for parts in zip(*answers, strict=True))
        self._known = logits, hidden

    def forward(self, x: Tensor, chosen: Tensor) -> Answer:
        """Its answer for the inputs ``x``, which are the samples number ``chosen``."""
        if self._known is None:
            return self._answer(x.reshape(-1, *self._shape))
        logits, hidden = self._known
        return logits[chosen], hidden[chosen]

    def _answer(self, x: Tensor) -> Answer:
        self.network.eval()
        with torch.no_grad():
            return answer(self.network, x)


def answer(network: Trainee, x: Tensor) -> Answer:
    """The network's logits, and what its last batch norm makes, flat."""
    kept: list[Tensor] = []
    hook = last_norm(network).register_forward_hook(lambda *arguments: kept.append(arguments[-1]))
    try:
        logits = network.logits(x)
    finally:
        hook.remove()
    return logits, kept[0].flatten(1)


def last_norm(network: Trainee) -> nn.Module:
    """The batch norm in front of the last hidden activation. Raises RecipeError if there is none."""
    norms = [m for m in network.body.modules() if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d))]
    if not norms:
        raise RecipeError("takes networks with a batch norm", "distill")
    return norms[-1]


def load_teacher(table: DistillTable, recipe: Recipe, prepared: Prepared, device: torch.device) -> Teacher:
    """The teacher of the recipe's ``[distill]``.

    Raises RecipeError if there is no finished run in its folder, or if it has learned from other data: then
    it may have seen the student's validation or test samples.
    """
    folder = table.teacher
    path, checkpoint = folder / "recipe.toml", load_checkpoint(folder)
    if checkpoint is None or not checkpoint.finished or not path.is_file():
        raise RecipeError(f"'{folder}' holds no finished run of bnngen train", "distill.teacher")
    taught = load_recipe(path)
    if _samples(taught.data) != _samples(recipe.data):
        raise RecipeError(f"'{folder}' has learned from other data or other parts", "distill.teacher")
    rank = find_architecture(taught.model).rank
    own = prepare(prepared.stored, taught.data, rank, taught.model.input_bits)
    network = build_network(taught, own)
    network.load_state_dict(checkpoint.best)
    teacher = Teacher(network.to(device), own.shape)
    if recipe.train.augmentation == type(recipe.train.augmentation)():
        teacher.remember(Tensors.of(own.data.train, device))
    elif prepared.layout.thresholds is not None or own.layout.thresholds is not None:
        raise RecipeError("takes no thermometer input together with augmentation", "distill.teacher")
    return teacher


def _samples(table: DataTable) -> dict[str, object]:
    """What decides which samples are in which part."""
    return table.model_dump(exclude=_INPUT_FIELDS)
