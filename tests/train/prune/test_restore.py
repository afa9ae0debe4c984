"""A pruned network's state is enough to build it again."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from support.small_networks import build

from bnngen.train.prune.removal import Layers, Outputs
from bnngen.train.prune.restore import restore
from bnngen.train.prune.units.layers import removable

pytestmark = pytest.mark.train


@pytest.mark.parametrize(
    ("name", "kept"),
    [("mlp", [[0, 5], [1, 2, 3], [3]]), ("cnv", [[0], [1, 2], [2, 3], [0, 3], [4, 1]]), ("residual", None)],
)
def test_the_same_network_again(name: str, kept: list[Any] | None) -> None:
    options: dict[str, Any] = {"widths": (3, 4), "dense": (5,), "padding": 1} if name == "cnv" else {}
    recipe, prepared, network = build(name, **options)
    Layers(removable(network.body)[0].names).apply(network)
    if kept is not None:
        Outputs(kept[:1] + kept[2:]).apply(network)  # the second layer is gone
    again = restore(recipe, prepared, network.copied_state()).eval()
    x = torch.from_numpy(prepared.data.train.x).float()
    assert torch.equal(again(x), network(x))
    assert [p.shape for p in again.parameters()] == [p.shape for p in network.parameters()]
