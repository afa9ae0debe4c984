"""Shared weights: what a sub-network takes of them."""

from __future__ import annotations

from random import Random

import pytest
import torch
from support.supernets import DENSE, MakeSupernet, build, made

from bnngen.supernet.recipe import DIMENSIONS

pytestmark = pytest.mark.train


def test_leading_channels_and_inner_windows(supernet_recipe: MakeSupernet) -> None:
    shared, material = made(supernet_recipe())
    space = material.space
    genes = space.canonical(space.largest | {"width_0": 4, "kernel_1_0": 3})
    weights = material.weights(shared, genes)
    whole = shared["body.conv_1_0.weight"]
    # the matrix is the identity to begin with
    assert torch.equal(weights["body.conv_1_0.weight"], whole[:, :4, 1:-1, 1:-1])
    matrix = shared["body.conv_1_0.to_3"]
    with torch.no_grad():
        matrix.copy_(2 * torch.eye(9))
    assert torch.equal(material.weights(shared, genes)["body.conv_1_0.weight"], 2 * whole[:, :4, 1:-1, 1:-1])
    assert weights["body.conv_0_0_norm.weight"].shape == (4,)


def test_the_middle_of_the_middle(supernet_recipe: MakeSupernet) -> None:
    """From 7 to 3 by way of 5, with a matrix for each step."""
    shared, material = made(
        supernet_recipe("kernels = [5, 5, 3]", "kernels = [7, 5, 3]", "kernels = [3]", "kernels = [3, 5]")
    )
    genes = material.space.largest | {"kernel_0_0": 3}
    with torch.no_grad():
        shared["body.conv_0_0.to_5"].copy_(3 * torch.eye(25))
        shared["body.conv_0_0.to_3"].copy_(5 * torch.eye(9))
    taken = material.weights(shared, genes)["body.conv_0_0.weight"]
    assert torch.allclose(taken, 15 * shared["body.conv_0_0.weight"][:, :, 2:-2, 2:-2])


def test_norms_of_their_own_for_each_number_of_bits(supernet_recipe: MakeSupernet) -> None:
    shared, material = made(supernet_recipe())
    names = {name for name in shared if name.startswith("body.conv_0_0_norm.weight")}
    assert names == {"body.conv_0_0_norm.weight_1", "body.conv_0_0_norm.weight_2"}
    with torch.no_grad():
        shared["body.conv_0_0_norm.weight_1"].fill_(7)
    largest = material.space.largest
    assert (material.weights(shared, largest | {"act_bits": 1})["body.conv_0_0_norm.weight"] == 7).all()
    assert (material.weights(shared, largest)["body.conv_0_0_norm.weight"] == 1).all()


def test_the_last_layer_is_the_same_whatever_its_number(supernet_recipe: MakeSupernet) -> None:
    shared, material = made(supernet_recipe(*DENSE, "[8, 12]", "[12, 12]"))
    genes = material.space.largest | {"depth": 1}
    taken = material.weights(shared, genes)
    assert torch.equal(taken["body.dense_1.weight"], shared["body.scores.weight"])
    assert set(taken) == set(dict(build(material, genes).named_parameters()))


def test_the_scale_of_scores_follows_the_fan_in(supernet_recipe: MakeSupernet) -> None:
    """A fresh sub-network scales as a fresh network of its sizes does."""
    shared, material = made(supernet_recipe())
    for genes in (material.space.largest, material.space.smallest):
        fresh = build(material, genes)
        assert material.weights(shared, genes)["log_scale"].item() == pytest.approx(fresh.log_scale.item())


def test_every_sub_network_learns_through_the_shared_weights(supernet_recipe: MakeSupernet) -> None:
    shared, material = made(supernet_recipe())
    random, touched = Random(0), set()
    for _ in range(60):
        genes = material.space.random(random, DIMENSIONS)
        weights = shared.weights(material.layout(genes))
        x, y, _ = next(material.at(genes).feed.some(torch.Generator().manual_seed(0), 1))
        scores = material.skeleton(genes).scores(weights, x, 0) * weights["log_scale"].exp()
        shared.zero_grad()
        torch.nn.functional.cross_entropy(scores, y).backward()
        touched |= {name for name in shared if shared[name].grad is not None and shared[name].grad.any()}
    assert touched == set(shared)


def test_latent_weights_stay_where_they_can_change_sign(supernet_recipe: MakeSupernet) -> None:
    shared, _ = made(supernet_recipe())
    with torch.no_grad():
        for parameter in shared.parameters():
            parameter.add_(3)
    shared.clip_latent_weights()
    clipped = {name for name in shared if shared[name].max() <= 1}
    assert clipped == {name for name in shared if name.endswith(".weight")}


def test_latent_weights_that_are_drawn_in_have_their_signs(supernet_recipe: MakeSupernet) -> None:
    shared, material = made(supernet_recipe())
    genes = material.space.smallest
    before = material.judge(shared, genes)
    weight = shared["body.conv_1_0.weight"].clone()
    shared.draw_in()
    assert torch.equal(shared["body.conv_1_0.weight"], weight * 0.1)
    assert material.judge(shared, genes) == before


@pytest.mark.parametrize("bits", ["weight_bits = 2", "last_weight_bits = 2"])
def test_latent_weights_of_which_more_is_read_stay(supernet_recipe: MakeSupernet, bits: str) -> None:
    shared, _ = made(supernet_recipe("act_bits = 2", f"act_bits = 2\n{bits}"))
    before = {name: shared[name].clone() for name in shared}
    shared.draw_in()
    drawn_in = {name for name in shared if not torch.equal(shared[name], before[name])}
    assert ("body.conv_1_0.weight" in drawn_in) == (bits != "weight_bits = 2")
    assert "body.scores.weight" not in drawn_in
