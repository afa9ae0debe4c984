"""Sub-networks that are taken out, as they are judged."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from support.supernets import DENSE, MakeSupernet, made

from bnngen.base.errors import RecipeError
from bnngen.supernet.judge import Material
from bnngen.supernet.space import Space
from bnngen.train.feed import accuracy

pytestmark = pytest.mark.train


def test_batch_norms_are_measured_for_each_sub_network(supernet_recipe: MakeSupernet) -> None:
    shared, material = made(supernet_recipe())
    genes = material.space.smallest
    weights = material.weights(shared, genes)
    network = material.extract(weights, genes, 2)
    norm = network.body.get_submodule("conv_0_0_norm")
    seen: list[Any] = []
    norm.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    batches = list(material.at(genes).feed.some(torch.Generator().manual_seed(0), 2))
    with torch.no_grad():
        for x, *_ in batches:
            network.body(x)
    means = torch.stack([x.mean((0, 2, 3)) for x in seen]).mean(0)
    assert torch.allclose(norm.running_mean, means, atol=1e-3)
    assert not network.training


def test_judging_changes_nothing_and_is_always_the_same(supernet_recipe: MakeSupernet) -> None:
    shared, material = made(supernet_recipe())
    before = {name: shared[name].clone() for name in shared}
    genes = material.space.smallest
    first = material.judge(shared, genes)
    torch.manual_seed(7)
    assert material.judge(shared, genes) == first
    assert all(torch.equal(shared[name], value) for name, value in before.items())


def test_the_first_samples_or_the_whole_part(supernet_recipe: MakeSupernet) -> None:
    shared, material = made(supernet_recipe())
    genes = material.space.largest
    network = material.extract(material.weights(shared, genes), genes, 2)
    part = material.at(genes).validation
    assert material.judge(shared, genes, whole=True) == accuracy(network, part)
    right = (network(part.x[:50].float()).argmax(1) == part.y[:50]).float().mean().item()
    assert material.judge(shared, genes) == pytest.approx(right)


def test_each_resolution_has_its_data(supernet_recipe: MakeSupernet) -> None:
    _, material = made(supernet_recipe())
    space = material.space
    assert material.at(space.largest).prepared.shape == (1, 8, 8)
    assert material.at(space.smallest).prepared.shape == (1, 6, 6)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        (("depths = [1, 2]", 'depths = [1, 2]\nend = "flatten"'), "body.dense_0.weight"),
        (('"vgg"', '"mlp"', "kernels = [3]\n", "", *DENSE[4:]), "body.dense_0.weight"),
    ],
)
def test_weights_that_depend_on_the_resolution(
    supernet_recipe: MakeSupernet, changes: tuple[str, ...], name: str
) -> None:
    material = Material(Space(supernet_recipe(*changes)), torch.device("cpu"))
    with pytest.raises(RecipeError, match=f"'{name}' has the shape .* at size 6 .*end = \"mean\""):
        material.check_sizes()
