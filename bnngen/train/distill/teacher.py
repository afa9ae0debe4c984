"""The teacher: a network that an earlier run has left, and what it says of each training sample."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from bnngen.base.errors import RecipeError
from bnngen.train.architectures import find_architecture
from bnngen.train.batch_norm import NORMS
from bnngen.train.checkpoint import finished_run
from bnngen.train.datasets.dataset import Subset
from bnngen.train.distill.model_file import ModelFile
from bnngen.train.feed import EVALUATION_BATCH, Tensors
from bnngen.train.inputs import Layout, Prepared, prepare
from bnngen.train.prune.restore import restore
from bnngen.train.recipe import DataTable, DistillTable, Recipe
from bnngen.train.trainee import Trainee

Answer = tuple[Tensor, Tensor]
"""Logits (N, classes) and the last hidden layer (N, features)."""

_INPUT_FIELDS = {"input", "threshold", "levels", "spacing", "size"}


class Teacher(nn.Module):
    """Answers for batches; without augmentation it has answered for all training samples before the start."""

    def __init__(self, network: Trainee | ModelFile, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.network = network.eval().requires_grad_(False)
        self._shape = shape
        self._known: Answer | None = None

    def remember(self, part: Tensors) -> None:
        """Answer once for all samples of ``part``, which are in the teacher's own layout."""
        answers = [self._answer(self._typed(x)) for x in part.x.split(EVALUATION_BATCH)]
        logits, hidden = (torch.cat(parts) for parts in zip(*answers, strict=True))
        self._known = logits, hidden

    def forward(self, x: Tensor, chosen: Tensor) -> Answer:
        """Its answer for the inputs ``x``, which are the samples number ``chosen``."""
        if self._known is None:
            return self._answer(x.reshape(-1, *self._shape))
        logits, hidden = self._known
        return logits[chosen], hidden[chosen]

    def _typed(self, x: Tensor) -> Tensor:
        """Samples in the type that the network takes: a model file's quantiser knows integers."""
        return x if isinstance(self.network, ModelFile) else x.float()

    def _answer(self, x: Tensor) -> Answer:
        if isinstance(self.network, ModelFile):
            scores = self.network(x)
            return scores, scores
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
    norms = [m for m in network.body.modules() if isinstance(m, NORMS)]
    if not norms:
        raise RecipeError("takes networks with a batch norm", "distill")
    return norms[-1]


def load_teacher(table: DistillTable, recipe: Recipe, prepared: Prepared, device: torch.device) -> Teacher:
    """The teacher of the recipe's ``[distill]``, with its answers for the training samples if these stay as
    they are. Raises RecipeError as `read_teacher`, and if it can't answer for augmented samples."""
    teacher, train, layout = read_teacher(table, recipe, prepared)
    teacher = teacher.to(device)
    if recipe.train.augmentation == type(recipe.train.augmentation)():
        teacher.remember(Tensors.of(train, device))
    elif layout.thresholds is not None or prepared.layout.thresholds is not None:
        raise RecipeError("takes no thermometer input together with augmentation", "distill.teacher")
    elif layout.resize != prepared.layout.resize:
        raise RecipeError(
            "sees samples of another data.size, which does not go together with augmentation",
            "distill.teacher",
        )
    result: Teacher = teacher
    return result


def read_teacher(table: DistillTable, recipe: Recipe, prepared: Prepared) -> tuple[Teacher, Subset, Layout]:
    """The teacher, the training samples in its own layout, and that layout.

    Raises RecipeError if there is no finished run in its folder, or if it has learned from other data: then
    it may have seen the student's validation or test samples. A model file does not tell what it has seen; it
    is asked about training samples only.
    """
    if table.teacher.is_file():
        return _model_file(table, prepared)
    folder = table.teacher
    run = finished_run(folder)
    if run is None:
        raise RecipeError(f"'{folder}' holds no finished run of bnngen train", "distill.teacher")
    taught, checkpoint = run
    if _samples(taught.data) != _samples(recipe.data):
        raise RecipeError(f"'{folder}' has learned from other data or other parts", "distill.teacher")
    rank = find_architecture(taught.model).rank
    own = prepare(prepared.stored, taught.data, rank, taught.model.input_bits)
    teacher = Teacher(restore(taught, own, checkpoint.best), own.shape)
    return teacher, own.data.train, own.layout


def _model_file(table: DistillTable, prepared: Prepared) -> tuple[Teacher, Subset, Layout]:
    if table.feature or table.relation:
        raise RecipeError(
            "of a model file only the answers are known: take response alone", "distill.teacher"
        )
    stored = prepared.stored.train
    model = ModelFile(table.teacher, stored)
    return Teacher(model, model.shape), Subset(model.layout(stored.x), stored.y), model.layout


def _samples(table: DataTable) -> dict[str, object]:
    """What decides which samples are in which part."""
    fields = table.model_dump(exclude=_INPUT_FIELDS)
    return {name: value.resolve() if isinstance(value, Path) else value for name, value in fields.items()}
