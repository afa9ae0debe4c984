"""Networks whose saved state is smaller than what the recipe builds."""

from __future__ import annotations

from typing import Any

from bnngen.train.checkpoint import fitting
from bnngen.train.inputs import Prepared
from bnngen.train.prune.chain import links, products
from bnngen.train.prune.removal import Layers, Outputs
from bnngen.train.prune.units.layers import removable
from bnngen.train.recipe import Recipe
from bnngen.train.trainee import Trainee, build_network


def restore(recipe: Recipe, prepared: Prepared, state: dict[str, Any], least_bits: int = 1) -> Trainee:
    """The recipe's network with the ``state`` of a run, however much was pruned in it.

    Raises UsageError if the state is that of another network.
    """
    network = build_network(recipe, prepared, least_bits)
    with fitting():
        shrink_to(network, state)
    network.restore(state)
    return network


def shrink_to(network: Trainee, state: dict[str, Any]) -> None:
    """Remove from ``network`` what ``state`` has not, in place; which outputs go does not matter here."""
    names = {id(module): f"body.{name}.weight" for name, module in network.body.named_modules()}
    gone = [layer.names for layer in removable(network.body) if names[id(layer.product)] not in state]
    Layers([name for several in gone for name in several]).apply(network)
    shapes = {id(p): state[names[id(p)]].shape for p in products(network.body)}
    if any(shapes[id(p)] != p.weight.shape for p in products(network.body)):
        Outputs([range(shapes[id(link.product)][0]) for link in links(network.body)]).apply(network)
