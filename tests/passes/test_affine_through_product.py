"""Affine -> Linear => Linear -> Affine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.narrow import of_type
from support.random_graphs import affines, linears
from support.rewrites import chain, fire, same_meaning

from bnngen.ir.elementwise import Affine
from bnngen.ir.layers import Convolution, Linear
from bnngen.ir.window import Window
from bnngen.numbers.exact import Exact, exact_array
from bnngen.passes.affine_through_product import affine_through_product
from bnngen.passes.rewrite import Refusal

WEIGHTS = np.array([[1, -2, 3], [0, 1, 1]])


def test_the_factor_stays_and_the_offset_is_weighted() -> None:
    graph = chain((3,), Affine(exact_array(2), exact_array([1, 10, 100])), Linear(WEIGHTS))
    after = fire(affine_through_product, graph, "n1")
    assert [(n.name, n.inputs) for n in after.nodes] == [("n1", ("x",)), ("n0", ("n1",))]
    assert after.output == "n0"
    assert after["n1"].op.weights is of_type(Linear, graph["n1"].op).weights
    assert list(after["n0"].op.mul) == [2]
    assert list(after["n0"].op.add) == [281, 110]


def test_equal_factors_of_all_channels_are_one() -> None:
    root = Exact.of(8).sqrt()
    graph = chain(
        (3,), Affine(exact_array([root, root, Exact.of(2).sqrt() * 2]), exact_array(0)), Linear(WEIGHTS)
    )
    after = fire(affine_through_product, graph, "n1")
    assert list(after["n0"].op.mul) == [root]


@pytest.mark.parametrize("shape", [(6,), (2, 1, 3), (3, 2), (1, 3, 2)])
def test_offsets_of_an_image_belong_to_its_last_axis(shape: tuple[int, ...]) -> None:
    add = exact_array(range(1, shape[-1] + 1))
    graph = chain(shape, Affine(exact_array(-3), add), Linear(np.arange(12).reshape(2, 6)))
    same_meaning(graph, fire(affine_through_product, graph, "n1"), (-1, 2))


@settings(max_examples=40)
@given(data=st.data())
def test_it_is_exact(data: st.DataObject) -> None:
    channels, rows = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
    affine = data.draw(affines(channels))
    scalar = Affine(affine.mul[:1], affine.add)
    graph = chain((channels,), scalar, data.draw(linears(rows, channels)))
    same_meaning(graph, fire(affine_through_product, graph, "n1"), (-1, 0, 2))


def test_small_multiples_of_one_factor_become_weights() -> None:
    graph = chain(
        (3,), Affine(exact_array([1, -1, 2]) * Exact.of(2).sqrt(), exact_array([0, 1, 2])), Linear(WEIGHTS)
    )
    after = fire(affine_through_product, graph, "n1")
    assert np.array_equal(after["n1"].op.weights, WEIGHTS * [1, -1, 2])
    same_meaning(graph, after, (-1, 0, 2))


def test_those_of_groups_and_taps_too() -> None:
    window = Window.plain((2,))
    product = Convolution(np.arange(1, 17).reshape(4, 4), window, groups=2)
    graph = chain((2, 4), Affine(exact_array([1, 2, 0, 3]), exact_array([1, 0, 1, 0])), product)
    same_meaning(graph, fire(affine_through_product, graph, "n1"), (-1, 2))


@pytest.mark.parametrize("factors", [[1, 1, Exact.of(2).sqrt()], [1, 1, 1000]])
def test_other_factors_for_each_channel_are_refused(factors: list[Any]) -> None:
    graph = chain((3,), Affine(exact_array(factors), exact_array(0)), Linear(WEIGHTS))
    assert affine_through_product(graph, graph["n1"]) == Refusal(
        "n0",
        "scales each channel by its own factor, and these are no small multiples of one number, so they can't "
        "pass the sum of the next layer's products; quantise with one scale for the whole tensor, or put a "
        "quantiser behind this layer",
    )


def test_it_leaves_other_patterns_alone() -> None:
    graph = chain((3,), Linear(np.eye(3, dtype=int)), Linear(WEIGHTS), Affine(exact_array(1), exact_array(0)))
    assert [affine_through_product(graph, node) for node in graph.nodes] == [None] * 3
