"""Cutting a network: the same function as with the removed outputs silenced."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from support.small_networks import build

from bnngen.base.errors import RecipeError
from bnngen.train.prune.chain import links, products

pytestmark = pytest.mark.train

NETWORKS: dict[str, dict[str, Any]] = {
    "mlp": {},
    "cnv": {"widths": (3, 4), "dense": (5,), "padding": 1},
    "separable": {"widths": (4, 6)},
    "kws_conv": {"widths": (4, 4), "dense": (5,)},
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("options", [{"act_bits": 2}, {"thresholds": "learned"}, {"weight_bits": 32}])
def test_what_is_cut_is_what_nobody_reads(name: str, options: dict[str, Any]) -> None:
    _, prepared, network = build(name, **NETWORKS[name] | options)
    x = torch.from_numpy(prepared.data.train.x).float()
    chain = links(network.body)
    for link in chain:
        elements = link.reader.weight.shape[1] // link.outputs
        with torch.no_grad():
            link.reader.weight[:, elements : 2 * elements] = 0  # the second output
    before = network(x)
    for link in chain:
        link.cut([k for k in range(link.outputs) if k != 1])
    torch.testing.assert_close(network(x), before)
    assert all(torch.isfinite(p).all() for p in network.parameters())


def test_the_sizes_that_modules_tell() -> None:
    _, _, network = build("separable", widths=(4, 6))
    links(network.body)[0].cut([0, 2, 3])
    stem, depth, point = products(network.body)[:3]
    assert (stem.out_channels, depth.in_channels, depth.groups, point.in_channels) == (3, 3, 3, 3)
    assert [m.num_features for m in network.body.modules() if hasattr(m, "num_features")][:2] == [3, 3]


def test_the_optimizer_keeps_what_it_knows_of_the_rest() -> None:
    _, prepared, network = build()
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), 0.1)
    x = torch.from_numpy(prepared.data.train.x).float()
    network(x).square().sum().backward()
    optimizer.step()
    first = links(network.body)[0]
    known = optimizer.state[first.product.weight]["exp_avg"].clone()
    first.cut([1, 4], optimizer)
    assert torch.equal(optimizer.state[first.product.weight]["exp_avg"], known[[1, 4]])
    network(x).square().sum().backward()
    optimizer.step()
    assert first.product.weight.shape == (2, 64)


def test_branches_are_refused() -> None:
    _, _, network = build("residual", widths=(4, 4))
    with pytest.raises(RecipeError, match="not through branches that meet again; use another unit"):
        links(network.body)
