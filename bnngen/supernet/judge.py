"""Taking a sub-network out, with batch norms of its own, and judging it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from torch import Tensor

from bnngen.base.errors import RecipeError
from bnngen.supernet.dimensions import Genes
from bnngen.supernet.layout import SharedLayout, Skeleton, parameter_shapes
from bnngen.supernet.shared import Shared
from bnngen.supernet.space import Space
from bnngen.train.batch_norm import measure_again
from bnngen.train.feed import Feed, Tensors, accuracy, epoch_random
from bnngen.train.inputs import Prepared
from bnngen.train.run import load_prepared
from bnngen.train.trainee import Trainee, build_network

MOST_SKELETONS, MOST_LAYOUTS = 512, 4096
"""How many are kept for other sub-networks that want them."""


CHANNELS = {"width", "expand"}
"""Dimensions that leave channels out, and else change nothing."""
T = TypeVar("T")
Kept = OrderedDict[tuple[int, ...], T]


@dataclass(frozen=True, eq=False)
class Resolution:
    """The data at one resolution, ready for the largest network and all others."""

    prepared: Prepared
    feed: Feed
    validation: Tensors


class Material:
    """The data at each resolution, on the device, and the networks that take them."""

    def __init__(self, space: Space, device: torch.device) -> None:
        self.space, self.device = space, device
        self._resolutions: dict[int, Resolution] = {}
        self._widths = {gene for name in CHANNELS for gene in space.by_dimension[name]}
        self._skeletons: Kept[Skeleton] = OrderedDict()
        self._layouts: Kept[SharedLayout] = OrderedDict()

    def at(self, genes: Genes) -> Resolution:
        """The data at the resolution of the sub-network ``genes``."""
        size = genes.get("size", 0)
        if size not in self._resolutions:
            recipe = self.space.sub(self.space.largest | ({"size": size} if size else {}))
            prepared = load_prepared(recipe)
            feed = Feed(prepared, recipe.train, self.device)
            validation = Tensors.of(prepared.data.validation, self.device)
            self._resolutions[size] = Resolution(prepared, feed, validation)
        return self._resolutions[size]

    def skeleton(self, genes: Genes) -> Skeleton:
        """What takes the parameters of the sub-network in training."""
        key = {gene: value for gene, value in genes.items() if gene not in self._widths}
        return _kept(
            self._skeletons,
            tuple(key.values()),
            lambda: Skeleton(self._build(self.space.largest | key), genes["act_bits"]),
            MOST_SKELETONS,
        )

    def layout(self, genes: Genes) -> SharedLayout:
        """Where the parameters of the sub-network are."""
        return _kept(self._layouts, tuple(genes.values()), lambda: self._layout(genes), MOST_LAYOUTS)

    def _layout(self, genes: Genes) -> SharedLayout:
        shapes = parameter_shapes(self.space.sub(genes), self.at(genes).prepared)
        return self.skeleton(genes).layout(shapes)

    def check_sizes(self) -> None:
        """Raises RecipeError if a layer of the largest network has other weights at another resolution."""
        largest = self.space.largest
        own = self.layout(largest).shapes
        for size in self.space.choices.get("size", ()):
            for name, shape in self.layout(largest | {"size": size}).shapes.items():
                if shape != own[name]:
                    raise RecipeError(
                        f"'{name}' has the shape {tuple(shape)} at size {size} and {tuple(own[name])} at "
                        f"{largest['size']}: only networks whose maps end in a "
                        'mean (end = "mean") share weights between sizes',
                        "supernet.sizes",
                    )

    def weight_count(self, genes: Genes) -> int:
        """How many weights the sub-network has."""
        shapes = self.layout(genes).shapes
        return sum(
            shape.numel() for name, shape in shapes.items() if len(shape) > 1 and name.endswith("weight")
        )

    def _build(self, genes: Genes) -> Trainee:
        with torch.random.fork_rng(devices=[]):  # dropout must not depend on what is built when
            built: Trainee = build_network(self.space.sub(genes), self.at(genes).prepared).to(self.device)
            return built

    def weights(self, shared: Shared, genes: Genes) -> dict[str, Tensor]:
        """The parameters of the sub-network as they are now."""
        weights = shared.weights(self.layout(genes))
        return {name: value.detach().clone() for name, value in weights.items()}

    def extract(self, weights: Mapping[str, Tensor], genes: Genes, batches: int) -> Trainee:
        """The sub-network with these ``weights``, and with batch norms measured over so many batches."""
        network = self._build(genes)
        network.load_state_dict(network.state_dict() | dict(weights))
        random = epoch_random(self.space.recipe.train.seed, 0)
        measure_again(network.body, (x for x, *_ in self.at(genes).feed.some(random, batches)))
        found: Trainee = network.eval()
        return found

    def judge(self, shared: Shared, genes: Genes, whole: bool = False) -> float:
        """The share that the sub-network gets right, of the first samples of the validation part or of the
        ``whole``."""
        table = self.space.recipe.supernet
        network = self.extract(self.weights(shared, genes), genes, table.norm_batches)
        part = self.at(genes).validation
        few = len(part.y) if whole else table.judge_samples
        return accuracy(network, replace(part, x=part.x[:few], y=part.y[:few]))


def _kept(kept: Kept[T], key: tuple[int, ...], make: Callable[[], T], most: int) -> T:
    """What is ``kept`` for the ``key``, or is made; those that were not wanted longest go."""
    if key not in kept:
        kept[key] = make()
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)
    return kept[key]
