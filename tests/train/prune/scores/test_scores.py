"""Scores against what they stand for: the change of the loss when something is removed."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from support.narrow import present
from support.small_networks import build

from bnngen.train.choices import SCORES
from bnngen.train.feed import Batch
from bnngen.train.prune.chain import links, products
from bnngen.train.prune.scores import comparable

pytestmark = pytest.mark.train


@pytest.fixture
def case() -> tuple[Any, ...]:
    """A float network, and its samples in batches of one."""
    _, prepared, network = build(weight_bits=32, act_bits=32)
    x, y = torch.from_numpy(prepared.data.train.x).float() / 256, torch.from_numpy(prepared.data.train.y)
    batches: list[Batch] = [(x[k : k + 1], y[k : k + 1], torch.tensor([k])) for k in range(len(y))]
    return network, batches


def loss(network: torch.nn.Module, batches: list[Batch]) -> torch.Tensor:
    return sum(torch.nn.functional.cross_entropy(network.logits(x), y) for x, y, _ in batches)


@pytest.mark.parametrize("name", SCORES)
def test_shapes_and_signs(case: tuple[Any, ...], name: str) -> None:
    network, batches = case
    score = SCORES[name](network, batches)
    weights, outputs = score.weights(), score.outputs()
    assert [w.shape for w in weights] == [layer.weight.shape for layer in products(network.body)]
    assert [len(o) for o in outputs] == [link.outputs for link in links(network.body)]
    assert all((s >= 0).all() and torch.isfinite(s).all() and s.any() for s in (*weights, *outputs))
    assert all(p.grad is None for p in network.parameters())


def test_taylor_is_the_slope_of_the_loss(case: tuple[Any, ...]) -> None:
    network, batches = case
    score = SCORES["taylor"](network, batches).weights()[1]
    weight, step = products(network.body)[1].weight, 1e-2
    with torch.no_grad():
        before = loss(network, batches)
        weight[0, 0] *= 1 - step
        change = (loss(network, batches) - before) / step
    assert float(score[0, 0]) == pytest.approx(abs(float(change)), rel=0.1, abs=1e-3)


def test_taylor_of_outputs_sees_each_sample(case: tuple[Any, ...]) -> None:
    """The loss of single samples changes with an activation; its changes are added up without their signs."""
    network, batches = case
    link = links(network.body)[0]
    silent: list[float] = [1.0]

    def damp(module: torch.nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        return (inputs[0] * torch.tensor([silent[0], *[1.0] * (link.outputs - 1)]),)

    score = float(SCORES["taylor"](network, batches).outputs()[0][0])
    link.reader.register_forward_pre_hook(damp)
    changes = []
    with torch.no_grad():
        for batch in batches:
            silent[0] = 1.0
            before = loss(network, [batch])
            silent[0] = 1 - 1e-2
            changes.append(abs(float(loss(network, [batch]) - before)) / 1e-2)
    assert score == pytest.approx(sum(changes), rel=0.1)


def test_fisher_adds_up_squares(case: tuple[Any, ...]) -> None:
    network, batches = case
    wanted = torch.zeros_like(products(network.body)[1].weight)
    for batch in batches:
        network.zero_grad()
        loss(network, [batch]).backward()
        layer = products(network.body)[1]
        wanted += 0.5 * (layer.weight * layer.weight.grad).detach() ** 2
    network.zero_grad()
    torch.testing.assert_close(SCORES["fisher"](network, batches).weights()[1], wanted)


def test_the_norm_s_factor(case: tuple[Any, ...]) -> None:
    network, batches = case
    first = links(network.body)[0]
    factor = present(first.norm).weight.detach().abs()
    score = SCORES["norm_scale"](network, batches)
    assert torch.equal(score.outputs()[0], factor)
    assert torch.equal(score.weights()[0], factor[:, None] * first.product.weight.abs())


def test_importance_goes_back_through_the_weights(case: tuple[Any, ...]) -> None:
    network, batches = case
    last = products(network.body)[-1].weight.detach().abs().sum(0)
    before = products(network.body)[-2].weight.detach().abs()
    outputs = SCORES["nisp"](network, batches).outputs()
    torch.testing.assert_close(outputs[-1], last / last.mean())
    torch.testing.assert_close(outputs[-2], (outputs[-1] @ before) / (outputs[-1] @ before).mean())


def test_layers_are_compared_at_the_same_size() -> None:
    small = torch.tensor([1.0, 2.0, -1.0])
    first, none, second = comparable([small, None, torch.tensor([10.0, 20.0, -1.0])])
    assert none is None
    torch.testing.assert_close(first, second)
    assert present(first)[2] == -1
