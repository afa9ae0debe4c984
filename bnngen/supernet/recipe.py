"""The recipe of a supernet: that of its largest network, and what its sub-networks may have less of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from bnngen.base.errors import RecipeError
from bnngen.base.registry import Choice, Registry
from bnngen.base.toml import one_of, read_toml
from bnngen.train.recipe import Bits, Recipe
from bnngen.train.recipe_table import Positive, RecipeTable, Share, Size, Steps

DIMENSIONS = Registry(
    "dimension",
    "bnngen.supernet.dimensions",
    {
        "size": Choice("size", "the input's resolution"),
        "kernel": Choice("kernel", "windows of convolutions"),
        "depth": Choice("depth", "blocks of each width"),
        "width": Choice("width", "channels and neurons"),
        "expand": Choice("expand", "channels inside inverted bottlenecks"),
        "bits": Choice("bits", "bits of weights and activations"),
    },
)
"""Modules as `bnngen.supernet.dimensions` describes them."""

Dimension = Annotated[str, one_of(DIMENSIONS)]


class ShrinkPhase(RecipeTable):
    """Epochs in which the dimensions ``open``, and those of earlier phases, are drawn at random."""

    open: tuple[Dimension, ...]
    epochs: Steps


class SupernetTable(RecipeTable):
    """What a sub-network may have, beside the recipe's own, which is the most.

    ``sizes``: resolutions of the input, as ``size`` in ``[data]``. ``kernels``: odd windows. ``depths``:
    blocks of each width (of dense networks: hidden layers). ``widths``: shares of channels and neurons,
    rounded to a ``multiple``. ``expand``: factors of inverted bottlenecks. ``weight_bits`` and ``act_bits``:
    of the whole network; 2 bits of weights are ternary.

    Without ``phases`` all sizes learn from the start, for the ``epochs`` of ``[train]``. With them the
    largest network learns first, for so many epochs, and ``method`` "progressive" then goes through the
    phases, while "naive" has all sizes from the start again, for as many epochs altogether. In each step
    ``samples`` sub-networks learn from the labels and, with the weight ``response``, from the largest
    network's answers at ``temperature``. ``sandwich``: the largest and the smallest learn in each step too,
    and the others from what the largest says at that moment (Yu and Huang, "Universally slimmable networks",
    ICCV 2019). ``learning_rate`` is that of the phases, by default that of ``[train]``: binarised weights
    have a long way to go to another sign.

    ``judged`` random sub-networks are judged on ``judge_samples`` of the validation part, with batch norms
    measured over ``norm_batches``; the accuracy predictor learns from them.
    """

    sizes: tuple[Size, ...] = ()
    kernels: tuple[Size, ...] = ()
    depths: tuple[Size, ...] = ()
    widths: tuple[Share, ...] = ()
    multiple: Size = 4
    expand: tuple[Size, ...] = ()
    weight_bits: tuple[Bits, ...] = ()
    act_bits: tuple[Bits, ...] = ()
    method: Literal["progressive", "naive"] | None = None
    phases: Annotated[tuple[ShrinkPhase, ...], Field(max_length=32)] = ()
    learning_rate: Positive | None = None
    samples: Annotated[int, Field(ge=1, le=16)] = 2
    sandwich: bool = False
    response: Annotated[float, Field(ge=0, le=1)] = 0.7
    temperature: Positive = 4.0
    judged: Annotated[int, Field(ge=8, le=100_000)] = 400
    judge_samples: Steps = 2000
    norm_batches: Steps = 20

    @model_validator(mode="after")
    def _opens(self) -> SupernetTable:
        named = [name for phase in self.phases for name in phase.open]
        if twice := [name for name in named if named.count(name) > 1]:
            raise ValueError(f"with each dimension in one of the phases; {twice[0]} is in two")
        if self.method == "progressive" and not self.phases:
            raise ValueError("with phases, which the method progressive goes through")
        return self

    @property
    def is_naive(self) -> bool:
        """Whether all sizes learn from the start."""
        return self.method == "naive" or not self.phases


class SupernetRecipe(Recipe):
    """The recipe of ``bnngen supernet``."""

    supernet: SupernetTable

    @property
    def largest(self) -> Recipe:
        """The recipe of the largest network alone."""
        return Recipe(data=self.data, model=self.model, train=self.train)


def load_supernet_recipe(path: str | Path) -> SupernetRecipe:
    """The recipe in the file ``path``. Raises RecipeError, with one line for each mistake."""
    recipe = read_toml(Path(path), SupernetRecipe, RecipeError)
    for table in ("distill", "prune"):
        if getattr(recipe, table) is not None:
            raise RecipeError(f"{path}: [{table}] is for bnngen train: a supernet has its own teacher", table)
    for field in ("warm_start", "start"):
        if getattr(recipe.train, field):
            raise RecipeError(f"{path}: train.{field} is for bnngen train", f"train.{field}")
    return recipe
