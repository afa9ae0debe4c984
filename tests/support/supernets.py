"""Small supernets of the digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bnngen.supernet.dimensions import Genes
from bnngen.supernet.recipe import SupernetRecipe

if TYPE_CHECKING:
    from bnngen.supernet.judge import Material
    from bnngen.supernet.shared import Shared
    from bnngen.train.trainee import Trainee

PHASES = """\
phases = [
    { open = ["bits", "kernel"], epochs = 1 },
    { open = ["depth", "width"], epochs = 2 },
]
"""
RECIPE = f"""\
[data]
name = "digits"
size = 8

[model]
architecture = "vgg"
widths = [8, 12]
depths = [1, 2]
kernels = [5, 5, 3]
act_bits = 2

[supernet]
sizes = [6]
kernels = [3]
depths = [1]
widths = [0.5]
act_bits = [1]
{PHASES}judged = 8
judge_samples = 50
norm_batches = 2

[train]
epochs = 1
batch = 200
norm_batches = 2
"""

MakeSupernet = Callable[..., SupernetRecipe]

DENSE = (
    'size = 8\n\n[model]\narchitecture = "vgg"',
    '\n[model]\narchitecture = "mlp"',
    "sizes = [6]\nkernels = [3]\n",
    "",
    "depths = [1, 2]\nkernels = [5, 5, 3]\n",
    "",
    ', "kernel"',
    "",
)
"""What makes dense layers of it."""


def made(recipe: SupernetRecipe) -> tuple[Shared, Material]:
    """The fresh shared weights, and the data."""
    import torch

    from bnngen.supernet.judge import Material
    from bnngen.supernet.shared import Shared
    from bnngen.supernet.space import Space

    torch.manual_seed(0)
    space = Space(recipe)
    material = Material(space, torch.device("cpu"))
    return Shared(space, material.at(space.largest).prepared), material


def build(material: Material, genes: Genes) -> Trainee:
    """The sub-network ``genes`` with fresh weights."""
    from bnngen.train.trainee import build_network

    return build_network(material.space.sub(genes), material.at(genes).prepared)
