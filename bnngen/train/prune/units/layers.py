"""Whole layers whose outputs have the shape of their inputs: Chen and Zhao, "Shallowing Deep Networks:
Layer-wise Pruning Based on Feature Representations", TPAMI 2019.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import nn

from bnngen.base.errors import RecipeError
from bnngen.train.architectures.residual import Block
from bnngen.train.batch_norm import NORMS
from bnngen.train.brevitas_import import qnn
from bnngen.train.parts import Shift
from bnngen.train.prune.chain import PRODUCTS, products
from bnngen.train.prune.removal import Layers
from bnngen.train.prune.scores import Score
from bnngen.train.prune.table import PruneTable
from bnngen.train.prune.units import Gone
from bnngen.train.trainee import Trainee

_BEHIND = (*NORMS, Shift, nn.ReLU, nn.Dropout, qnn.QuantReLU, qnn.QuantIdentity)


@dataclass(frozen=True)
class Removable:
    """A product, and the names in the body of the modules that vanish with it."""

    product: nn.Module
    names: tuple[str, ...]


def choose(network: Trainee, score: Score, original: Trainee, gone: Gone, table: PruneTable) -> Layers:
    """The layers of least mean score; at least one. Raises RecipeError if none can vanish.

    The share is of the layers of ``original`` that could vanish.
    """
    assert table.amount is not None
    share = gone(table.amount)
    candidates, at_first = removable(network.body), len(removable(original.body))
    if not at_first:
        raise RecipeError(
            "no layer has outputs of its inputs' shape, so none can vanish; use the unit neurons",
            "prune.unit",
        )
    layers = zip(products(network.body), score.weights(), strict=True)
    means = {id(layer): float(scores.mean()) for layer, scores in layers}
    count = max(1, round(share * at_first)) - (at_first - len(candidates))
    least = sorted(candidates, key=lambda c: means[id(c.product)])[: max(0, count)]
    return Layers([name for candidate in least for name in candidate.names])


def removable(body: nn.Module) -> list[Removable]:
    """The layers behind the first one that keep the shape: a product with what follows it, or a block."""
    found: list[Removable] = []
    steps = list(_steps(body, ""))
    first = next((k for k, (_, module) in enumerate(steps) if isinstance(module, PRODUCTS)), len(steps))
    for number, (name, module) in enumerate(steps[first + 1 :], first + 1):
        if isinstance(module, Block) and module.near is None:
            found.append(Removable(module.far[0], (name,)))
        elif isinstance(module, PRODUCTS) and _keeps_shape(module):
            behind = _behind(steps[number + 1 :])
            if any(isinstance(m, NORMS) for _, m in behind):
                found.append(Removable(module, (name, *(n for n, _ in behind))))
    return found


def _steps(body: nn.Module, prefix: str) -> Iterator[tuple[str, nn.Module]]:
    for name, module in body.named_children():
        if isinstance(module, nn.Sequential):
            yield from _steps(module, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", module


def _behind(steps: list[tuple[str, nn.Module]]) -> list[tuple[str, nn.Module]]:
    """The batch norm and the activation, up to whatever else comes."""
    end = next((k for k, (_, module) in enumerate(steps) if not isinstance(module, _BEHIND)), len(steps))
    return steps[:end]


def _keeps_shape(product: nn.Module) -> bool:
    if isinstance(product, nn.Linear):
        return bool(product.in_features == product.out_features)
    sizes = zip(product.kernel_size, product.padding, product.dilation, product.stride, strict=True)
    same = all(stride == 1 and 2 * pad == gap * (kernel - 1) for kernel, pad, gap, stride in sizes)
    return same and product.in_channels == product.out_channels
