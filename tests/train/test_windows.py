"""What layers read, against what they make of it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from bnngen.train.windows import MOST_READINGS, read_by, samples_for

pytestmark = pytest.mark.train


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Linear(6, 4, bias=False), (6,)),
        (nn.Conv1d(4, 6, 5, stride=2, padding=2, bias=False), (4, 9)),
        (nn.Conv2d(4, 6, (3, 2), padding=(1, 0), dilation=(1, 2), groups=2, bias=False), (4, 7, 8)),
        (nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False), (4, 7, 8)),
    ],
)
def test_readings_times_weights_are_the_product(layer: Any, shape: tuple[int, ...]) -> None:
    x = torch.randn(3, *shape)
    read = read_by(layer, x)
    rows = layer.weight.reshape(len(read), -1, read.shape[2])
    found = torch.einsum("gmc,goc->mgo", read, rows).reshape(-1, len(layer.weight))
    torch.testing.assert_close(found, layer(x).movedim(1, -1).reshape(found.shape), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("places", [0, 1, 100, MOST_READINGS, 10**6])
def test_samples_enough_and_not_many_more(places: int) -> None:
    count = samples_for(places)
    assert (count - 1) * max(1, places) < MOST_READINGS <= count * max(1, places)
