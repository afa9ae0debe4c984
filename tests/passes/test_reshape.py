"""What becomes of Reshapes: into weights, into the host's order of the input, or views of the same stream."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.exact_graphs import evaluate
from support.rewrites import chain, fire, same_meaning

from bnngen.ir.elementwise import RELU, Affine
from bnngen.ir.layers import Convolution, Linear, Pooling
from bnngen.ir.moves import Reshape
from bnngen.ir.step import Bound, Step
from bnngen.ir.window import Window
from bnngen.numbers.datatypes import BIPOLAR
from bnngen.numbers.exact import Exact, exact_array
from bnngen.ops.argmax import ClassIndex
from bnngen.passes.reshape import (
    flatten_into_linear,
    merge_reshapes,
    reshape_into_argmax,
    reshape_of_input,
)

SIGN = Step(((Bound(Exact(), strict=False),),), (False,), BIPOLAR)
AFFINE = Affine(exact_array(2), exact_array(1))
EACH = Affine(exact_array([2, 3]), exact_array(1))
POOL = Pooling(Window.plain((2, 2)))


def test_the_columns_take_the_order_of_the_stream() -> None:
    """Two channels of 1 x 3: the file has a0 a1 a2 b0 b1 b2, the stream a0 b0 a1 b1 a2 b2."""
    graph = chain((1, 3, 2), Reshape((6,)), Linear(np.array([[0, 1, 2, 10, 11, 12]])))
    after = fire(flatten_into_linear, graph, "n1")
    (node,) = after.nodes
    assert (node.name, node.inputs) == ("n1", ("x",))
    assert node.op.weights.tolist() == [[0, 10, 1, 11, 2, 12]]


@pytest.mark.parametrize("shape", [(1, 1, 4), (2, 2, 1), (2, 1, 3), (1, 3, 2), (2, 2), (5,), (2, 3, 2)])
def test_it_is_exact(shape: tuple[int, ...]) -> None:
    features = int(np.prod(shape))
    generator = np.random.default_rng(features)
    graph = chain(shape, Reshape((features,)), Linear(generator.integers(-9, 9, (2, features))))
    after = fire(flatten_into_linear, graph, "n1")
    for position in range(features):
        x = [int(i == position) for i in range(features)]
        assert evaluate(graph, x) == evaluate(after, x)


@pytest.mark.parametrize(
    ("shape", "target", "order"),
    [
        ((6,), (1, 6), [0, 1, 2, 3, 4, 5]),
        ((6,), (6, 1), [0, 1, 2, 3, 4, 5]),
        ((6,), (2, 3), [0, 3, 1, 4, 2, 5]),
        ((2, 3), (3, 2, 1), [0, 1, 2, 3, 4, 5]),
        ((2, 3), (1, 3, 2), [0, 3, 1, 4, 2, 5]),
        ((2, 3), (6,), [0, 3, 1, 4, 2, 5]),
        ((1, 1, 6), (6,), [0, 1, 2, 3, 4, 5]),
        ((1,), (), [0]),
    ],
)
def test_where_each_element_comes_from(
    shape: tuple[Any, ...], target: tuple[Any, ...], order: list[int]
) -> None:
    """Channels last on both sides; the file's order, channels first, is the same."""
    op = Reshape(target)
    assert op.permutation(shape).tolist() == order
    assert op.keeps_order(shape) == (order == sorted(order))


def test_two_in_a_row_are_one() -> None:
    graph = chain((1, 2, 2), Reshape((4,)), Reshape((2, 2)), RELU)
    after = fire(merge_reshapes, graph, "n1")
    assert [n.op for n in after.nodes] == [Reshape((2, 2)), RELU]
    same_meaning(graph, after, (-1, 0, 1))


def test_one_to_the_same_shape_is_none() -> None:
    graph = chain((1, 2, 2), Reshape((2, 1, 2)), RELU)
    assert [n.op for n in fire(merge_reshapes, graph, "n0").nodes] == [RELU]


def test_an_argmax_takes_what_keeps_its_order() -> None:
    graph = chain((1, 1, 4), Reshape((4,)), ClassIndex(4))
    assert [n.op for n in fire(reshape_into_argmax, graph, "n1").nodes] == [ClassIndex(4)]
    turned = chain((2, 1, 2), Reshape((4,)), ClassIndex(4))
    assert reshape_into_argmax(turned, turned["n1"]) is None


def test_the_host_orders_the_input() -> None:
    """Frames of 2 x 3 become one channel of 2 x 3 positions."""
    graph = chain((3, 2), AFFINE, SIGN, Reshape((1, 2, 3)), POOL)
    after = fire(reshape_of_input, graph, "n2")
    assert (after.input_shape, after.file_shape) == ((2, 3, 1), (2, 3))
    assert [n.op for n in after.nodes] == [AFFINE, SIGN, POOL]


def test_the_host_orders_channels_with_parameters_of_their_own() -> None:
    """The positions take another shape; those of a map of one channel change places with it."""
    graph = chain((3, 4, 2), EACH, SIGN, Reshape((2, 2, 6)), POOL)
    assert reshape_of_input(graph, graph["n2"]) is None  # the same order
    one = Affine(exact_array([3]), exact_array(1))
    graph = chain((3, 4, 1), one, SIGN, Reshape((3, 4)), Pooling(Window.plain((2,))))
    after = fire(reshape_of_input, graph, "n2")
    assert (after.input_shape, after.file_shape) == ((4, 3), (1, 3, 4))


@pytest.mark.parametrize(
    "ops",
    [
        (EACH, SIGN, Reshape((1, 2, 3)), POOL),
        (SIGN, Reshape((2, 3, 1)), Pooling(Window.plain((2, 1)))),
        (SIGN, Reshape((6,)), Linear(np.ones((1, 6), dtype=int))),
        (SIGN, Pooling(Window.plain((1,))), Reshape((1, 2, 3)), POOL),
    ],
)
def test_the_host_leaves_other_patterns_alone(ops: tuple[Any, ...]) -> None:
    """Parameters of channels that are gone, the same order, a dense layer, and what is no input any more."""
    graph = chain((3, 2), *ops)
    assert [reshape_of_input(graph, node) for node in graph.nodes] == [None] * len(ops)


def test_only_what_stands_at_the_input_is_the_hosts() -> None:
    """A map that is turned behind a layer keeps the frames of the input as they are."""
    turned = Reshape((1, 3, 2), (((1, 2, 3), (0, 2, 1)),))
    pool = Pooling(Window.plain((1, 1)))
    graph = chain((2, 3, 1), pool, turned, pool)
    assert reshape_of_input(graph, graph["n1"]) is None
    after = fire(reshape_of_input, chain((2, 3, 1), turned, pool), "n0")
    assert (after.input_shape, after.file_shape) == ((3, 2, 1), (1, 2, 3))
    assert after.transpositions == turned.transpositions


def test_channels_that_are_scaled_behind_a_layer_are_no_input() -> None:
    """Its frames may be larger than those of the input, and smaller."""
    spread = Reshape((2, 4, 2), (((2, 2, 2, 2), (0, 2, 1, 3)),))
    scaled = Affine(exact_array([2, 3, 4, 5]), exact_array(0))
    for rows, shape in ((4, (2, 2, 2)), (4, (2, 2, 9))):
        product = Convolution(np.ones((rows, shape[-1]), np.int64), Window.plain((1, 1)))
        graph = chain(shape, product, scaled, spread, POOL)
        assert reshape_of_input(graph, graph["n2"]) is None


def test_transpositions_in_a_row_become_one_or_nothing() -> None:
    turn, back = Reshape((3, 2), (((2, 3), (1, 0)),)), Reshape((2, 3), (((3, 2), (1, 0)),))
    graph = chain((3, 2), turn, back)
    after = fire(merge_reshapes, graph, "n1")
    assert [n.op for n in after.nodes] == [Reshape((2, 3))]
    same_meaning(graph, after, (0, 1))
    graph = chain((3, 2), turn, Reshape((6,)))
    after = fire(merge_reshapes, graph, "n1")
    assert [n.op for n in after.nodes] == [Reshape((6,), turn.transpositions)]
    same_meaning(graph, after, (0, 1))
