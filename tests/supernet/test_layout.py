"""What is known of a sub-network without building it, against the one that is built."""

from __future__ import annotations

from random import Random

import pytest
import torch
from support.supernets import DENSE, MakeSupernet, build, made
from torch.func import functional_call

from bnngen.supernet.recipe import DIMENSIONS

pytestmark = pytest.mark.train

BLOCKS = ("depths = [1, 2]\n", "depths = [2, 2]\n", "kernels = [5, 5, 3]\n", "kernels = [5, 5, 3, 5]\n")
KINDS = {
    "vgg": (),
    "residual": ('"vgg"', '"residual"', *BLOCKS),
    "separable": ('"vgg"', '"separable"'),
    "inverted": (
        'architecture = "vgg"',
        'architecture = "inverted"\nexpand = [2, 2, 2]',
        "kernels = [3]\n",
        "kernels = [3]\nexpand = [1]\n",
        'kernel"]',
        'kernel", "expand"]',
    ),
    "learned": ("act_bits = 2\n\n", 'act_bits = 2\nthresholds = "learned"\n\n'),
    "dropout": ("epochs = 1\nbatch", "epochs = 1\ndropout = 1e-9\nbatch"),  # its names, without its chance
    "dense": DENSE,
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_network_that_is_built_answers_the_same(supernet_recipe: MakeSupernet, kind: str) -> None:
    shared, material = made(supernet_recipe(*KINDS[kind]))
    random = Random(0)
    for _ in range(12):
        genes = material.space.random(random, DIMENSIONS)
        network = build(material, genes).train()
        layout = material.layout(genes)
        assert layout.shapes == {name: p.shape for name, p in network.named_parameters()}
        weights = shared.weights(layout)
        weights = {name: weight.double() for name, weight in shared.weights(layout).items()}
        x, *_ = next(material.at(genes).feed.some(torch.Generator().manual_seed(0), 1))
        network.double().set_progress(0.5)
        wanted = functional_call(network, weights, (x.double(),))
        # the order of sums differs: that is too little to turn a sign
        found = material.skeleton(genes).scores(weights, x.double(), 0.5)
        torch.testing.assert_close(found, wanted, rtol=0, atol=1e-9)
        assert material.weight_count(genes) == sum(q.weight.numel() for q in network.quantized_layers())


def test_what_is_not_wanted_longest_goes(
    supernet_recipe: MakeSupernet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bnngen.supernet.judge.MOST_SKELETONS", 2)
    _, material = made(supernet_recipe())
    largest = material.space.largest
    first, second = (material.skeleton(largest | {"act_bits": bits}) for bits in (2, 1))
    assert material.skeleton(largest | {"width_0": 4}) is first
    material.skeleton(largest | {"kernel_0_0": 3})
    assert material.skeleton(largest) is first
    assert material.skeleton(largest | {"act_bits": 1}) is not second
