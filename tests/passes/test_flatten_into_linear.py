"""Flatten moves behind elementwise operators and into the weights."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bnngen.datatypes import BIPOLAR
from bnngen.exact import Exact, exact_array
from bnngen.passes.flatten_into_linear import flatten_behind_elementwise, flatten_into_linear
from bnngen.passes.rewrite import Refusal
from bnngen.quantised import Affine, Bound, Flatten, Linear, Relu, Step

SIGN = Step(((Bound(Exact(), strict=False),),), (False,), BIPOLAR)
AFFINE = Affine(exact_array(2), exact_array(1))


@pytest.mark.parametrize("op", [SIGN, AFFINE])
def test_the_elementwise_operator_goes_first(
    chain: Callable, same_meaning: Callable, op: object, fire: Callable
) -> None:
    graph = chain((1, 2, 2), Flatten(), op)
    after = fire(flatten_behind_elementwise, graph, "n1")
    assert [(n.name, n.inputs) for n in after.nodes] == [("n1", ("x",)), ("n0", ("n1",))]
    assert after.output == "n0"
    same_meaning(graph, after, (-1, 0, 1))


def test_the_columns_take_the_order_of_the_stream(chain: Callable, fire: Callable) -> None:
    """Two channels of 1 x 3: the file has a0 a1 a2 b0 b1 b2, the stream a0 b0 a1 b1 a2 b2."""
    graph = chain((1, 3, 2), Flatten(), Linear(np.array([[0, 1, 2, 10, 11, 12]])))
    after = fire(flatten_into_linear, graph, "n1")
    (node,) = after.nodes
    assert (node.name, node.inputs) == ("n1", ("x",))
    assert node.op.weights.tolist() == [[0, 10, 1, 11, 2, 12]]


@pytest.mark.parametrize("shape", [(1, 1, 4), (2, 2, 1), (2, 1, 3), (1, 3, 2), (2, 2), (5,), (2, 3, 2)])
def test_it_is_exact(chain: Callable, evaluate: Callable, shape: tuple[int, ...], fire: Callable) -> None:
    features = int(np.prod(shape))
    generator = np.random.default_rng(features)
    graph = chain(shape, Flatten(), Linear(generator.integers(-9, 9, (2, features))))
    after = fire(flatten_into_linear, graph, "n1")
    for position in range(features):
        x = [int(i == position) for i in range(features)]
        assert evaluate(graph, x) == evaluate(after, x)


@pytest.mark.parametrize(
    "op",
    [
        Affine(exact_array([1, 2, 3, 4]), exact_array(0)),
        Affine(exact_array(1), exact_array([1, 2, 3, 4])),
        Step(tuple((Bound(Exact.of(t), strict=False),) for t in range(4)), (False,) * 4, BIPOLAR),
    ],
)
def test_parameters_for_each_feature_are_refused(chain: Callable, op: object) -> None:
    graph = chain((1, 2, 2), Flatten(), op)
    assert flatten_behind_elementwise(graph, graph["n1"]) == Refusal(
        "n1",
        "has 4 parameters, one for each flattened feature, in front of the first layer; "
        "accepted is one for all features",
    )


def test_they_leave_other_patterns_alone(chain: Callable) -> None:
    graph = chain((1, 2, 2), Flatten(), Relu(), AFFINE, Linear(np.ones((1, 4), dtype=int)))
    for node in graph.nodes:
        assert flatten_behind_elementwise(graph, node) is None
        assert flatten_into_linear(graph, node) is None
