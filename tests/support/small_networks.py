"""Small networks to prune. For tests that need torch."""

from __future__ import annotations

import numpy as np
import torch

from bnngen.train.architectures import find_architecture
from bnngen.train.datasets.dataset import DataSet, Subset
from bnngen.train.inputs import Prepared, prepare
from bnngen.train.recipe import Recipe
from bnngen.train.trainee import Trainee, build_network


def build(
    architecture: str = "mlp", widths: tuple[int, ...] = (6, 6, 4), **model: object
) -> tuple[Recipe, Prepared, Trainee]:
    """The recipe, the prepared data and the network of an architecture, for images of 8 x 8 in three classes."""
    torch.manual_seed(0)
    tables = {"data": {"name": "t"}, "train": {"epochs": 1}}
    model = {"architecture": architecture, "widths": widths, "weight_bits": 2, **model}
    recipe = Recipe.model_validate({**tables, "model": model})
    pixels = np.random.default_rng(0).integers(0, 256, (40, 8, 8), np.uint8)
    part = Subset(pixels, np.arange(40) % 3)
    rank = find_architecture(recipe.model).rank
    prepared = prepare(DataSet(part, part, part, 3), recipe.data, rank, recipe.model.input_bits)
    network = build_network(recipe, prepared)
    with torch.no_grad():  # a batch norm that does something to each channel
        for module in network.body.modules():
            if isinstance(module, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
                for tensor in (module.weight, module.bias, module.running_mean, module.running_var):
                    tensor.uniform_(0.5, 2.0)
    return recipe, prepared, network.eval()
