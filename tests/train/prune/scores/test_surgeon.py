"""Optimal Brain Surgeon: the error that it promises, and the weights that make up for what goes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from support.small_networks import build

from bnngen.train.feed import Batch
from bnngen.train.prune.chain import links, products
from bnngen.train.prune.removal import Layers, Outputs, Zeros
from bnngen.train.prune.scores.surgeon import Surgeon

pytestmark = pytest.mark.train


def case() -> tuple[Any, list[Batch]]:
    """A float network, and its samples in four batches."""
    _, prepared, network = build(weight_bits=32, act_bits=32)
    x, y = torch.from_numpy(prepared.data.train.x).float() / 256, torch.from_numpy(prepared.data.train.y)
    parts = zip(x.chunk(4), y.chunk(4), strict=True)
    return network, [(x, y, torch.arange(len(y))) for x, y in parts]


def read(network: Any, batches: list[Batch], layer: torch.nn.Module) -> torch.Tensor:
    """All that ``layer`` reads."""
    seen: list[torch.Tensor] = []
    hook = layer.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].detach()))
    with torch.no_grad():
        for x, *_ in batches:
            network(x)
    hook.remove()
    return torch.cat(seen).double()


def error(x: torch.Tensor, change: torch.Tensor) -> torch.Tensor:
    """Half the mean squared error of each output, with the damping that the method adds."""
    damping = 0.01 * x.square().mean()
    return 0.5 * ((x @ change.T).square().mean(0) + damping * change.square().sum(1))


def test_the_score_is_the_error_that_is_left() -> None:
    network, batches = case()
    score = Surgeon(network, batches)
    layer = products(network.body)[1]
    before, expected = layer.weight.detach().clone().double(), score.weights()[1]
    kept = torch.ones_like(layer.weight, dtype=torch.bool)
    kept[:, 3] = False
    score.settle(Zeros([None, kept, None, None]))
    assert not layer.weight[:, 3].any()
    found = error(read(network, batches, layer), layer.weight.detach().double() - before)
    torch.testing.assert_close(found, expected[:, 3].double(), rtol=1e-3, atol=1e-9)


def test_the_score_of_an_output_is_the_error_of_all_that_read_it() -> None:
    network, batches = case()
    score = Surgeon(network, batches)
    link = links(network.body)[0]
    before, expected = link.reader.weight.detach().clone().double(), score.outputs()[0][5]
    x = read(network, batches, link.reader)
    kept = [k for k in range(link.outputs) if k != 5]
    score.settle(Outputs([kept, *(range(other.outputs) for other in links(network.body)[1:])]))
    found = error(x, link.reader.weight.detach().double() - before).sum()
    assert float(found) == pytest.approx(float(expected), rel=1e-3)


def test_what_is_gone_already_stays_so() -> None:
    network, batches = case()
    layer = products(network.body)[1]
    with torch.no_grad():
        layer.weight[:, :4] = 0
    kept = torch.rand_like(layer.weight) < 0.5  # among them some that are 0
    Surgeon(network, batches).settle(Zeros([None, kept, None, None]))
    assert not layer.weight[:, :4].any()
    assert not layer.weight[~kept].any()


def test_it_costs_less_than_the_same_removal_alone() -> None:
    errors = []
    for settles in (True, False):
        network, batches = case()
        layer = products(network.body)[1]
        x, before = read(network, batches, layer), layer.weight.detach().clone().double()
        score = Surgeon(network, batches)
        scores = score.weights()[1]
        removal = Zeros([None, scores > scores.median(), None, None])
        if settles:
            score.settle(removal)
        removal.apply(network)
        errors.append(float(error(x, layer.weight.detach().double() - before).sum()))
    assert errors[0] < 0.8 * errors[1]


def test_layers_that_vanish_leave_nothing_to_make_up() -> None:
    network, batches = case()
    before = [layer.weight.clone() for layer in products(network.body)]
    Surgeon(network, batches).settle(Layers([]))
    assert all(torch.equal(a, b.weight) for a, b in zip(before, products(network.body), strict=True))
