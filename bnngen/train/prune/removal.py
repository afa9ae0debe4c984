"""What a pruning step takes away: it can be taken from every network of the same structure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from bnngen.base.errors import RecipeError
from bnngen.train.prune.chain import links, products
from bnngen.train.quantizers import Bipolar
from bnngen.train.trainee import Trainee


class Removal(ABC):
    """What pruning takes out of a network."""

    @abstractmethod
    def apply(self, network: Trainee, optimizer: Optimizer | None = None) -> None:
        """Take it from ``network``, in place, and from what the optimiser remembers."""


@dataclass(frozen=True)
class Zeros(Removal):
    """Weights become 0: ``kept`` has a mask for each product, or None for one that stays as it is."""

    kept: Sequence[Tensor | None]

    def apply(self, network: Trainee, optimizer: Optimizer | None = None) -> None:
        """Set the weights to 0; see `hold_zeros` for the time after."""
        with torch.no_grad():
            for layer, mask in zip(products(network.body), self.kept, strict=True):
                if mask is not None:
                    layer.weight.mul_(mask.to(layer.weight))


@dataclass(frozen=True)
class Outputs(Removal):
    """Neurons or channels vanish: ``kept`` has the indices that stay, for each link of the chain."""

    kept: Sequence[Sequence[int]]

    def apply(self, network: Trainee, optimizer: Optimizer | None = None) -> None:
        """Take the outputs out, and the inputs of those that read them."""
        for link, kept in zip(links(network.body), self.kept, strict=True):
            if len(kept) < link.outputs:
                link.cut(kept, optimizer)


@dataclass(frozen=True)
class Layers(Removal):
    """Modules vanish; ``names`` are theirs in the body."""

    names: Sequence[str]

    def apply(self, network: Trainee, optimizer: Optimizer | None = None) -> None:
        """Take the layers out."""
        for name in self.names:
            module = network.body.get_submodule(name)
            if optimizer is not None:
                _forget(optimizer, module.parameters())
            network.body.set_submodule(name, nn.Identity())
        network.find_latent_weights()


def with_zero(body: nn.Module) -> list[bool]:
    """For each product whether its weights can be 0. Raises RecipeError if none can."""
    can = [not any(isinstance(m, Bipolar) for m in layer.modules()) for layer in products(body)]
    if not any(can):
        raise RecipeError(
            "weights of one bit are -1 and +1, so none can be 0; use weight_bits = 2, or the unit neurons",
            "prune.unit",
        )
    return can


def hold_zeros(optimizer: Optimizer) -> None:
    """Weights that are exactly 0 stay so at each step of ``optimizer``, whatever their gradient is."""
    zeros: list[tuple[Tensor, Tensor]] = []

    def before(*arguments: object) -> None:
        weights = (p for group in optimizer.param_groups for p in group["params"] if p.ndim > 1)
        zeros[:] = [(weight, weight == 0) for weight in weights]

    def after(*arguments: object) -> None:
        with torch.no_grad():
            for weight, zero in zeros:
                weight.masked_fill_(zero, 0)

    optimizer.register_step_pre_hook(before)
    optimizer.register_step_post_hook(after)


def _forget(optimizer: Optimizer, parameters: Iterable[nn.Parameter]) -> None:
    gone = set(parameters)
    for group in optimizer.param_groups:
        group["params"] = [p for p in group["params"] if p not in gone]
    for parameter in gone:
        optimizer.state.pop(parameter, None)
