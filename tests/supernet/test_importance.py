"""Sorting channels: the largest network answers as before, and the front reads most."""

from __future__ import annotations

import pytest
import torch
from support.supernets import MakeSupernet, made

from bnngen.supernet.importance import groups, sort_channels
from bnngen.supernet.judge import Material

pytestmark = pytest.mark.train

RESIDUAL = ('"vgg"', '"residual"', "kernels = [5, 5, 3]", "kernels = [3, 5, 3]")
INVERTED = (
    '"vgg"',
    '"inverted"',
    "act_bits = 2",
    "act_bits = 2\nexpand = [2, 2, 4]",
    "sizes = [6]",
    "sizes = [6]\nexpand = [1]",
    '"depth", "width"',
    '"depth", "width", "expand"',
)
SEPARABLE = ('"vgg"', '"separable"')
FLAT = ("act_bits = 2", 'act_bits = 2\nend = "flatten"\ndense = [8]', "sizes = [6]\n", "")


def scores(shared: torch.nn.Module, material: Material, variant: dict[str, int]) -> torch.Tensor:
    genes = material.space.largest | variant
    network = material.extract(material.weights(shared, genes), genes, 2)
    with torch.no_grad():
        found: torch.Tensor = network(material.at(genes).validation.x.float())
    return found


@pytest.mark.parametrize("changes", [(), RESIDUAL, INVERTED, SEPARABLE, FLAT])
def test_the_largest_answers_as_before(supernet_recipe: MakeSupernet, changes: tuple[str, ...]) -> None:
    shared, material = made(supernet_recipe(*changes))
    with torch.no_grad():
        for parameter in shared.parameters():  # so that a mistaken axis shows
            parameter.add_(0.1 * torch.randn_like(parameter))
    variants = [{"act_bits": 1}, {"act_bits": 2}]
    before = [scores(shared, material, variant) for variant in variants]
    weight = shared["body.scores.weight"].clone()
    sort_channels(shared, material.at(material.space.largest).prepared)
    assert not torch.equal(shared["body.scores.weight"], weight)
    for variant, old in zip(variants, before, strict=True):
        assert torch.allclose(scores(shared, material, variant), old, atol=1e-4)


def test_the_front_is_read_most(supernet_recipe: MakeSupernet) -> None:
    shared, material = made(supernet_recipe())
    sort_channels(shared, material.at(material.space.largest).prepared)
    read = shared["body.conv_1_0.weight"].abs().sum((0, 2, 3))
    assert (read.diff() <= 0).all()


def test_channels_inside_bottlenecks_are_a_group_of_their_own(supernet_recipe: MakeSupernet) -> None:
    _, material = made(supernet_recipe(*INVERTED))
    found = groups(material.space, material.at(material.space.largest).prepared)
    inside = [{axis.name for axis in group} for group in found[:3]]
    assert all(any("_depth.weight" in name for name in names) for names in inside)
    trunk = {axis.name for group in found[3:] for axis in group}
    assert "body.stem.weight" in trunk
    assert not any("_depth.weight" in name for name in trunk)
