"""Zeros that stay, outputs and layers that are gone."""

from __future__ import annotations

import pytest
import torch
from support.small_networks import build

from bnngen.base.errors import RecipeError
from bnngen.train.prune.chain import products
from bnngen.train.prune.removal import Layers, Outputs, Zeros, hold_zeros, with_zero

pytestmark = pytest.mark.train


@pytest.mark.parametrize("kind", ["Adam", "SGD", "AdamW"])
def test_zeros_stay_zeros_through_the_training(kind: str) -> None:
    _, prepared, network = build()
    optimizer = getattr(torch.optim, kind)(network.parameters(), lr=0.3)
    hold_zeros(optimizer)
    masks = [torch.rand_like(layer.weight) < 0.5 for layer in products(network.body)]
    Zeros(masks).apply(network, optimizer)
    x = torch.from_numpy(prepared.data.train.x).float()
    before = [layer.weight.clone() for layer in products(network.body)]
    network.train()
    for _ in range(3):
        optimizer.zero_grad()
        network(x).square().sum().backward()
        optimizer.step()
        network.clip_latent_weights()
    for layer, mask, old in zip(products(network.body), masks, before, strict=True):
        assert not layer.weight[~mask].any()
        assert not layer.quant_weight().value[~mask].any()
        assert not torch.equal(layer.weight, old)


def test_outputs_go_everywhere_or_nowhere() -> None:
    _, _, network = build()
    Outputs([[0, 5], [1, 2, 3], range(4)]).apply(network)
    assert [tuple(layer.weight.shape) for layer in products(network.body)] == [
        (2, 64),
        (3, 2),
        (4, 3),
        (3, 4),
    ]


def test_a_layer_goes_with_its_parameters() -> None:
    _, prepared, network = build()
    optimizer = torch.optim.Adam(network.parameters())
    gone = products(network.body)[1].weight
    names = [name for name, module in network.body.named_modules() if getattr(module, "weight", None) is gone]
    Layers(names).apply(network, optimizer)
    assert all(p is not gone for group in optimizer.param_groups for p in group["params"])
    assert len(products(network.body)) == 3
    assert network(torch.from_numpy(prepared.data.train.x).float()).shape == (40, 3)


def test_one_bit_knows_no_zero() -> None:
    assert with_zero(build()[2].body) == [True] * 4
    assert with_zero(build(weight_bits=1, last_weight_bits=2)[2].body) == [False, False, False, True]
    with pytest.raises(RecipeError, match="weights of one bit are -1 and \\+1, so none can be 0"):
        with_zero(build(weight_bits=1)[2].body)
