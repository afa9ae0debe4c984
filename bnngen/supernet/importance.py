"""Which channels and neurons matter most: they move to the front, where narrow sub-networks take them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from bnngen.supernet.layout import shared_names
from bnngen.supernet.shared import Shared, bit_variants
from bnngen.supernet.space import Space
from bnngen.train.inputs import Prepared
from bnngen.train.trainee import build_network

GENES = ("expand", "width", "dense")
"""The genes of channels. Those inside bottlenecks depend on the width too, so they come first."""


@dataclass(frozen=True)
class Axis:
    """An axis of a shared parameter that has ``elements`` entries for each channel of a group."""

    name: str
    axis: int
    elements: int


def sort_channels(shared: Shared, prepared: Prepared) -> None:
    """Sort the channels of ``shared``, in place, so that its networks answer as before.

    A channel is as important as the sum of the sizes (the L1 norm) of the latent weights that read it (Cai et
    al., section 3.2).
    """
    for group in groups(shared.space, prepared):
        readers = [axis for axis in group if axis.axis == 1]
        with torch.no_grad():
            importance = sum(_sizes(shared[axis.name], axis) for axis in readers)
            assert isinstance(importance, Tensor)
            order = torch.argsort(importance, descending=True, stable=True)
            for axis in group:
                _reorder(shared[axis.name], axis, order)


def groups(space: Space, prepared: Prepared) -> list[list[Axis]]:
    """The axes that have the same channels, for each gene that may leave some out.

    They are found by comparing networks that differ in this gene alone.
    """
    found: list[list[Axis]] = []
    taken: set[tuple[str, int]] = set()
    genes = [g for name in GENES for g in space.free if g.startswith(name)]
    for gene in genes:
        differing = {place: size for place, size in _differing(space, prepared, gene) if place not in taken}
        taken.update(differing)
        channels = min(differing.values())
        found.append([Axis(*place, size // channels) for place, size in differing.items()])
    return found


def _differing(space: Space, prepared: Prepared, gene: str) -> Iterator[tuple[tuple[str, int], int]]:
    """Each axis (name, number) of a parameter that ``gene`` makes smaller, with its size."""
    for genes in bit_variants(space):
        networks = [
            build_network(space.sub(genes | {gene: value}), prepared)
            for value in (space.choices[gene][-1], space.choices[gene][0])
        ]
        shapes, names = dict(networks[1].named_parameters()), shared_names(networks[0], genes["act_bits"])
        for name, parameter in networks[0].named_parameters():
            for axis, (most, least) in enumerate(zip(parameter.shape, shapes[name].shape, strict=True)):
                if most != least:
                    yield (names[name], axis), most


def _sizes(weight: Tensor, axis: Axis) -> Tensor:
    """The L1 norm of what reads each channel."""
    by_input = weight.abs().transpose(0, axis.axis).flatten(1).sum(1)
    return by_input.reshape(-1, axis.elements).sum(1)


def _reorder(weight: Tensor, axis: Axis, order: Tensor) -> None:
    entries = (order[:, None] * axis.elements + torch.arange(axis.elements, device=order.device)).flatten()
    weight.copy_(weight.index_select(axis.axis, entries))
