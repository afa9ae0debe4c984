"""Which layer reads which: what has to shrink together with the outputs of a product."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from bnngen.base.errors import RecipeError
from bnngen.train.batch_norm import NORMS
from bnngen.train.parts import Shift

PRODUCTS = (nn.Linear, nn.Conv1d, nn.Conv2d)
_CHANNELWISE = (*NORMS, Shift)


@dataclass(frozen=True)
class Link:
    """A product whose outputs may vanish, all that has an entry for each of them, and the next product."""

    product: nn.Module
    followers: tuple[nn.Module, ...]
    reader: nn.Module

    @property
    def outputs(self) -> int:
        """How many outputs the product has."""
        return len(self.product.weight)

    @property
    def norm(self) -> nn.Module | None:
        """The batch norm behind the product, if there is one."""
        return next((m for m in self.followers if isinstance(m, NORMS)), None)

    def by_output(self, x: Tensor) -> Tensor:
        """``x`` (N, inputs of the reader, ...) as (N, outputs, elements): behind a flatten there are many."""
        return x.reshape(len(x), self.outputs, -1)

    def cut(self, kept: Sequence[int], optimizer: Optimizer | None = None) -> None:
        """Keep the outputs ``kept`` alone, in place; the optimiser's memory of them stays."""
        chosen = torch.tensor(kept, dtype=torch.long, device=self.product.weight.device)
        elements = self.reader.weight.shape[1] // self.outputs
        columns = (chosen[:, None] * elements + torch.arange(elements, device=chosen.device)).flatten()
        for module in (self.product, *self.followers):
            for name, tensor in (*module.named_parameters(recurse=False), *_statistics(module)):
                _take(module, name, tensor, 0, chosen, optimizer)
        _take(self.reader, "weight", self.reader.weight, 1, columns, optimizer)
        for module in (self.product, *self.followers, self.reader):
            _resize(module)


def products(body: nn.Module) -> list[nn.Module]:
    """All dense layers and convolutions, in the order in which they were made."""
    return [module for module in body.modules() if isinstance(module, PRODUCTS)]


def links(body: nn.Module) -> list[Link]:
    """A link for each product but the last and those that work channel by channel.

    Raises RecipeError if ``body`` is not a chain of layers.
    """
    found: list[Link] = []
    product: nn.Module | None = None
    followers: list[nn.Module] = []
    for module in _steps(body):
        if isinstance(module, PRODUCTS) and not _depthwise(module):
            if product is not None:
                found.append(Link(product, tuple(followers), module))
            product, followers = module, []
        elif _depthwise(module) or isinstance(module, _CHANNELWISE):
            followers.append(module)
    return found


def _steps(body: nn.Module) -> Iterator[nn.Module]:
    if isinstance(body, nn.Sequential):
        for part in body:
            yield from _steps(part)
    elif isinstance(body, PRODUCTS) or not any(isinstance(m, PRODUCTS) for m in body.modules()):
        yield body
    else:
        raise RecipeError(
            "follows neurons through chains of layers (torch.nn.Sequential), not through branches that meet "
            "again; use another unit than neurons, and the score magnitude, taylor or fisher",
            "prune",
        )


def _depthwise(module: nn.Module) -> bool:
    return getattr(module, "groups", 1) > 1 and module.groups == module.in_channels == module.out_channels


def _statistics(module: nn.Module) -> list[tuple[str, Tensor]]:
    """The buffers of a batch norm that have an entry for each channel."""
    return [(name, buffer) for name, buffer in module.named_buffers(recurse=False) if buffer.ndim]


def _take(
    module: nn.Module, name: str, tensor: Tensor, axis: int, chosen: Tensor, optimizer: Optimizer | None
) -> None:
    """Replace a parameter's or a buffer's contents by those at the indices ``chosen`` of an axis."""
    shape = tensor.shape
    if not isinstance(tensor, nn.Parameter):
        setattr(module, name, tensor.index_select(axis, chosen))
        return
    tensor.grad = None
    tensor.data = tensor.data.index_select(axis, chosen)
    memory = optimizer.state.get(tensor, {}) if optimizer is not None else {}
    for key, value in memory.items():
        if isinstance(value, Tensor) and value.shape == shape:
            memory[key] = value.index_select(axis, chosen)


def _resize(module: nn.Module) -> None:
    """Tell a module the size that its weights have now."""
    if isinstance(module, nn.Linear):
        module.out_features, module.in_features = module.weight.shape
    elif isinstance(module, PRODUCTS):
        if _depthwise(module):
            module.groups = len(module.weight)
        module.out_channels, module.in_channels = len(module.weight), module.weight.shape[1] * module.groups
    elif hasattr(module, "num_features"):
        module.num_features = len(module.running_mean)
