"""Which weights, outputs and layers stay."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.small_networks import build

from bnngen.base.errors import RecipeError
from bnngen.train.choices import SCHEDULES, UNITS
from bnngen.train.prune.chain import links, products
from bnngen.train.prune.scores.magnitude import Magnitude
from bnngen.train.prune.table import PruneTable
from bnngen.train.prune.units import highest, neurons
from bnngen.train.prune.zeros import all_but
from bnngen.train.trainee import Trainee

pytestmark = pytest.mark.train


def prune(network: Trainee, original: Trainee | None = None, **fields: object) -> Trainee:
    table = PruneTable.model_validate(fields)
    choose = UNITS[table.unit]
    choose(network, Magnitude(network, []), original or network, lambda amount: amount, table).apply(network)
    return network


def zeros(layer: torch.nn.Module) -> int:
    return int((layer.weight == 0).sum())


def test_the_highest_of_equal_scores_are_the_first() -> None:
    assert highest(torch.tensor([[1.0, 2.0], [1.0, 1.0]]), 2).tolist() == [[True, True], [False, False]]


def test_weights_of_each_layer() -> None:
    network = build()[2]
    before = [layer.weight.detach().abs().clone() for layer in products(network.body)]
    prune(network, unit="weights", amount=0.75)
    for layer, old in zip(products(network.body), before, strict=True):
        assert zeros(layer) == round(0.75 * layer.weight.numel())
        gone = layer.weight == 0
        rest = ~gone & (old < old.amax(1, keepdim=True))  # the best of each output stays in any case
        assert not rest.any() or old[gone].max() <= old[rest].min()


def test_weights_of_the_whole_network() -> None:
    network = build()[2]
    with torch.no_grad():
        products(network.body)[0].weight[:, :32] *= 1e-3  # most of what matters least is here
    prune(network, unit="weights", amount=0.25, scope="network")
    total = sum(layer.weight.numel() for layer in products(network.body))
    assert sum(map(zeros, products(network.body))) == round(0.25 * total)
    assert zeros(products(network.body)[0]) > round(0.25 * 6 * 64)


def test_what_is_gone_is_not_counted_twice() -> None:
    network = build()[2]
    for amount in (0.25, 0.5):
        prune(network, unit="weights", amount=amount)
        assert all(zeros(layer) == round(amount * layer.weight.numel()) for layer in products(network.body))


@pytest.mark.parametrize(("n", "group"), [(2, 4), (3, 5), (1, 64), (7, None), (100, None)])
def test_fan_in(n: int, group: int | None) -> None:
    options: dict[str, Any] = {"group": group} if group else {}
    network = prune(build()[2], unit="fan_in", fan_in=n, **options)
    for layer in products(network.body):
        inputs = layer.weight.shape[1]
        for part in layer.weight.split(min(group or inputs, inputs), 1):
            assert ((part != 0).sum(1) == min(n, part.shape[1])).all()


@pytest.mark.parametrize("unit", [{"unit": "weights"}, {"unit": "blocks", "pe": 1, "simd": 16}])
def test_no_output_loses_all_its_inputs(unit: dict[str, Any]) -> None:
    network = build()[2]
    with torch.no_grad():
        products(network.body)[0].weight[2] *= 1e-6
    prune(network, **unit, amount=0.7)
    assert products(network.body)[0].weight[2].any()
    assert zeros(products(network.body)[0]) == round(0.7 * 6 * (64 if unit["unit"] == "weights" else 4)) * (
        1 if unit["unit"] == "weights" else 16
    )


def test_fan_in_of_convolutions_counts_taps() -> None:
    network = prune(build("cnv", (3, 4), dense=(5,), padding=1)[2], unit="fan_in", fan_in=5)
    assert {int(n) for layer in products(network.body) for n in (layer.weight != 0).flatten(1).sum(1)} == {5}


def test_blocks_go_whole() -> None:
    network = prune(build(widths=(10, 6))[2], unit="blocks", pe=4, simd=24, amount=0.5)
    first = products(network.body)[0].weight
    blocks = [block for rows in first.split(4, 0) for block in rows.split(24, 1)]
    assert len(blocks) == 9
    assert sum(not block.any() for block in blocks) == 4  # round(4.5)
    assert all(bool((block != 0).all()) or not block.any() for block in blocks)


def test_neurons_of_each_layer_and_of_all() -> None:
    network = prune(build()[2], unit="neurons", amount=0.5)
    assert [link.outputs for link in links(network.body)] == [3, 3, 2]
    network = prune(build()[2], unit="neurons", amount=0.99, scope="network")
    assert [link.outputs for link in links(network.body)] == [1, 1, 1]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("left", [(5, 1, 4), (6, 6, 4), (1, 1, 1), (2, 3, 3)])
def test_neurons_to_given_widths_in_every_schedule(left: tuple[int, ...], schedule: str) -> None:
    original, network = build()[2], build()[2]
    table = PruneTable.model_validate({"unit": "neurons", "widths": left})
    before = neurons.widths(original)
    for step in range(1, 5):
        gone = partial(SCHEDULES[schedule].share, progress=step / 4, table=table)
        neurons.choose(network, Magnitude(network, []), original, gone, table).apply(network)
        now = neurons.widths(network)
        assert all(few <= some <= many for few, some, many in zip(left, now, before, strict=True))
        before = now
    assert tuple(before) == left


@given(st.integers(1, 3000).flatmap(lambda size: st.tuples(st.just(size), st.integers(1, size))))
def test_shares_of_widths_are_exact_at_the_end(sizes: tuple[int, int]) -> None:
    size, left = sizes
    table = PruneTable.model_validate({"unit": "neurons", "widths": (left,)})
    for schedule in SCHEDULES.values():
        assert all_but(schedule.share(1 - left / size, 1.0, table), size) == left


@pytest.mark.parametrize(
    ("name", "options", "wanted", "message"),
    [
        ("mlp", {}, (6, 6), "prune.widths: found 2 numbers; accepted: 3, for dense_0, dense_1, dense_2"),
        ("mlp", {}, (6, 7, 4), "prune.widths: found 7 for dense_1; accepted: 1 to 6"),
        ("separable", {"widths": (4, 6)}, (4, 4, 9), "found 9 for point_1; accepted: 1 to 6"),
    ],
)
def test_widths_that_a_network_has_not(
    name: str, options: dict[str, Any], wanted: tuple[int, ...], message: str
) -> None:
    network = build(name, **options)[2]
    neurons.check_widths(neurons.widths(network), network)
    with pytest.raises(RecipeError, match=message):
        neurons.check_widths(wanted, network)


def test_multiples() -> None:
    network = prune(build(widths=(30, 20, 4))[2], unit="neurons", amount=0.3, multiple=8)
    assert [link.outputs for link in links(network.body)] == [24, 16, 4]


def test_shares_are_of_the_full_size() -> None:
    original, network = build()[2], build()[2]
    for amount, left in ((0.3, [4, 4, 3]), (0.5, [3, 3, 2])):
        prune(network, original, unit="neurons", amount=amount)
        assert [link.outputs for link in links(network.body)] == left


@pytest.mark.parametrize(
    ("name", "options", "could"),
    [
        ("mlp", {"widths": (6, 6, 6, 4)}, 2),
        ("cnv", {"widths": (3, 4), "dense": (5, 5), "padding": 1}, 3),
        ("residual", {"widths": (4, 6)}, 3),
    ],
)
def test_layers(name: str, options: dict[str, Any], could: int) -> None:
    original = build(name, **options)[2]
    _, prepared, network = build(name, **options)
    count = len(products(network.body))
    x = torch.from_numpy(prepared.data.train.x).float()
    for gone, amount in ((1, 0.01), (1, 0.34), (could, 0.99)):
        prune(network, original, unit="layers", amount=amount)
        assert len(products(network.body)) == count - gone
        assert network(x).shape == (40, 3)


def test_no_layer_that_could_go() -> None:
    with pytest.raises(RecipeError, match="so none can vanish; use the unit neurons"):
        prune(build(widths=(6, 5))[2], unit="layers", amount=0.5)
