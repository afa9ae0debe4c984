"""Padding moves into the convolution behind it, and behind the quantiser."""

from __future__ import annotations

import numpy as np
import pytest
from support.rewrites import chain, fire, same_meaning

from bnngen.ir.layers import Convolution, Pooling
from bnngen.ir.step import Bound, Step
from bnngen.ir.window import Window
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import Exact
from bnngen.passes.padding import is_pad, pad_behind_step, pad_into_convolution


def pad(before: int, after: int, number: int = 0, channels: int = 2) -> Convolution:
    window = Window((1,), (1,), (1,), (before,), (after,))
    return Convolution(np.ones((channels, 1), np.int64), window, channels, Exact.of(number))


def convolution(before: int = 0, after: int = 0, number: int = 0) -> Convolution:
    window = Window((2,), (1,), (1,), (before,), (after,))
    return Convolution(np.array([[1, -1, 2, 1], [0, 1, 1, -2]]), window, 1, Exact.of(number))


def step(*rows: tuple[int, int], falling: bool = False) -> Step:
    levels = tuple(tuple(Bound(Exact.of(value), strict=False) for value in row) for row in rows)
    return Step(levels, (falling,) * len(rows), IntType(0, 2))


@pytest.mark.parametrize(
    ("first", "second"), [((1, 2, 3), (0, 0, 0)), ((0, 1, 0), (1, 0, 0)), ((1, 0, 2), (1, 1, 2))]
)
def test_into_a_convolution(first: tuple[int, int, int], second: tuple[int, int, int]) -> None:
    graph = chain((2, 2), pad(*first), convolution(*second))
    after = fire(pad_into_convolution, graph, "n1")
    assert [n.name for n in after.nodes] == ["n1"]
    same_meaning(graph, after, (-1, 0, 2))


def test_two_in_a_row() -> None:
    graph = chain((2, 2), pad(1, 0, 3), pad(1, 2, 3))
    after = fire(pad_into_convolution, graph, "n1")
    assert is_pad(after["n1"].op)
    same_meaning(graph, after, (-1, 0, 2))


def test_other_numbers_stay() -> None:
    graph = chain((2, 2), pad(1, 1, 3), convolution(1, 0))
    assert pad_into_convolution(graph, graph["n1"]) is None
    graph = chain((2, 2), convolution(1, 1), convolution())
    assert pad_into_convolution(graph, graph["n1"]) is None
    graph = chain((2, 2), pad(1, 1), Pooling(Window.plain((2,))))
    assert pad_into_convolution(graph, graph["n1"]) is None


@pytest.mark.parametrize("falling", [False, True])
@pytest.mark.parametrize("number", [0, 1, 5])
def test_behind_a_step(falling: bool, number: int) -> None:
    thresholds = (1, 0) if falling else (0, 1)
    graph = chain((2, 2), pad(1, 2, number), step(thresholds, falling=falling))
    after = fire(pad_behind_step, graph, "n1")
    assert [type(n.op) for n in after.nodes] == [Step, Convolution]
    same_meaning(graph, after, (-1, 0, 1, 2))


def test_channels_with_codes_of_their_own() -> None:
    graph = chain((2, 2), pad(1, 1), step((0, 1), (1, 2)))
    assert pad_behind_step(graph, graph["n1"]) is None
    graph = chain((2, 2), pad(1, 1), step((0, 1), (-1, 1)))
    same_meaning(graph, fire(pad_behind_step, graph, "n1"), (-1, 0, 1, 2))
