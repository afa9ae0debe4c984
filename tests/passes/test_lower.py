"""All rewrites together: the integer network computes exactly what the quantised graph means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.exact_graphs import evaluate, run_exactly
from support.random_graphs import networks
from support.rewrites import chain, inputs_for_every_code

from bnngen.base.errors import ModelError
from bnngen.frontend import import_onnx
from bnngen.ir.elementwise import RELU, Affine
from bnngen.ir.graph import Graph, Node, Op
from bnngen.ir.layers import Linear, Sum
from bnngen.ir.moves import Reshape
from bnngen.ir.step import Bound, Step
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import Exact, exact_array
from bnngen.ops.add import Add
from bnngen.ops.conv2d import Conv2d
from bnngen.ops.dense import Dense
from bnngen.ops.global_max_pool import GlobalMaxPool
from bnngen.ops.max_pool import MaxPool
from bnngen.passes import ends
from bnngen.passes.ends import SIGN_ADVICE
from bnngen.passes.lower import RULES, lower
from bnngen.reference.network import Network

SIGN = Step(((Bound(Exact(), strict=False),),), (False,), BIPOLAR)
BINARY = Step(((Bound(Exact.of(0.5), strict=True),),), (False,), IntType(0, 1))
PLAIN_SIGN = Step(
    ((Bound(Exact(), strict=False), Bound(Exact(), strict=True)),), (False,), IntType(-1, 1), from_sign=True
)


def affine(mul: Any, add: Any = 0) -> Affine:
    return Affine(exact_array(mul), exact_array(add))


def linear(*rows: list[int]) -> Linear:
    return Linear(np.array(rows))


def assert_same_network(first: Network, second: Network) -> None:
    """Every number and every type; a single host parameter is the same as one for each class."""
    assert first.quantizer.rounding == second.quantizer.rounding
    assert first.quantizer.type == second.quantizer.type
    for a, b in (
        (first.quantizer.mul, second.quantizer.mul),
        (first.quantizer.add, second.quantizer.add),
        (first.host.mul, second.host.mul),
        (first.host.add, second.host.add),
    ):
        a, b = np.broadcast_arrays(a, b)
        assert list(a) == list(b)
    assert (first.host.head is None) == (second.host.head is None)
    assert [layer.name for layer in first.layers] == [layer.name for layer in second.layers]
    assert first.sources == second.sources
    for one, other in zip(first.layers, second.layers, strict=True):
        assert_same_layer(one.op, other.op)


def assert_same_layer(first: Any, second: Any) -> None:
    assert type(first) is type(second)
    if isinstance(first, Add):
        assert (first.factors, first.input_types) == (second.factors, second.input_types)
    if isinstance(first, MaxPool | GlobalMaxPool):
        assert (first.figures(None), first.input_type) == (second.figures(None), second.input_type)
        assert (first.elements_in, first.elements_out) == (second.elements_in, second.elements_out)
        np.testing.assert_array_equal(first.least, second.least)
        return
    if not isinstance(first, Dense | Conv2d | Add):
        assert first == second
        return
    if isinstance(first, Conv2d):
        assert (first.window, first.groups, first.pad) == (second.window, second.groups, second.pad)
    assert first.input_type == second.input_type
    np.testing.assert_array_equal(first.weights, second.weights)
    assert (first.activation is None) == (second.activation is None)
    if first.activation and second.activation:
        assert first.activation.type == second.activation.type
        np.testing.assert_array_equal(first.activation.thresholds, second.activation.thresholds)
        np.testing.assert_array_equal(first.activation.invert, second.activation.invert)


@settings(max_examples=60)
@given(data=st.data())
def test_lowering_is_exact(data: st.DataObject) -> None:
    graph = data.draw(networks())
    network = lower(graph)
    for x in inputs_for_every_code(graph):
        assert run_exactly(network, x) == evaluate(graph, list(x)), x


@settings(max_examples=60)
@given(data=st.data())
def test_the_order_of_the_rules_does_not_matter(data: st.DataObject) -> None:
    graph = data.draw(networks())
    rules = data.draw(st.permutations(RULES))
    assert_same_network(lower(graph), lower(graph, rules))


@pytest.mark.parametrize("name", ["tfc_1w1a_mnist", "tfc_2w2a_mnist", "tfc_w1a1_finn_dialect"])
def test_the_order_of_the_rules_does_not_matter_for_real_files(shared: Path, name: str) -> None:
    graph = import_onnx(shared / "models" / f"{name}.onnx")
    network = lower(graph)
    generator = np.random.default_rng(3)
    orders = [RULES[::-1], *([RULES[i] for i in generator.permutation(len(RULES))] for _ in range(2))]
    for rules in orders:
        assert_same_network(network, lower(graph, rules))


# Orders and numbers that once gave another network, one by one.


def in_every_leading_order(graph: Graph) -> None:
    """Each rule in turn comes first."""
    for rule in RULES:
        assert_same_network(lower(graph), lower(graph, [rule, *(r for r in RULES if r is not rule)]))


def test_a_binary_input_quantizer_behind_an_affine() -> None:
    in_every_leading_order(chain((2,), affine(0.5, 0.25), BINARY, affine(3), linear([1, -1])))


def test_a_binary_step_behind_the_input_quantizer() -> None:
    in_every_leading_order(chain((2,), SIGN, BINARY, linear([1, -1])))


def test_zero_gamma_behind_a_negative_scale() -> None:
    in_every_leading_order(chain((2,), SIGN, linear([1, -1]), affine(-1), affine(0, 1), SIGN, linear([1])))


def test_a_factor_of_zero_in_front_of_a_falling_row() -> None:
    ops: list[Op] = [
        SIGN,
        affine(0, 1),
        linear([1, -1], [1, 1]),
        linear([1, 2]),
        affine(-1),
        SIGN,
        linear([1]),
    ]
    in_every_leading_order(chain((2,), *ops))


def test_two_falling_steps_on_weights_of_one_sign() -> None:
    """-W needs one bit less than W here, so that turning W round isn't free both ways."""
    step = Step(((Bound(Exact.of(-1), strict=False),),), (False,), IntType(0, 1))
    in_every_leading_order(
        chain((2,), SIGN, linear([-3, 0]), affine(-1), step, affine(-2, 1), SIGN, linear([1]))
    )


def test_a_gamma_that_is_nearly_zero() -> None:
    """Its thresholds are far beyond every sum; none of the ways there may take time that grows with them."""
    tiny = Exact.of(1e-38) / Exact.of(0.7).sqrt()
    graph = chain((2,), SIGN, linear([1, 1]), affine([tiny], [1e-3]), SIGN, linear([1]))
    network = lower(graph)
    for x in ((1, 1), (-1, -1)):
        assert run_exactly(network, x) == evaluate(graph, x) == [1]


def test_scores_keep_their_own_scales() -> None:
    """A batch norm behind the last layer belongs to the host, irrational or not."""
    roots = [Exact.of(2).sqrt(), Exact.of(3).sqrt() * -1]
    graph = chain((2,), SIGN, linear([1, 1], [1, -1]), affine(roots, [1, 2]))
    network = lower(graph)
    for x in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
        assert run_exactly(network, x) == evaluate(graph, x)
    assert network.classes(network.run(np.array([[1, 1], [-1, 1]]))).tolist() == [0, 1]


def test_codes_with_a_scale_leave_it_to_the_host() -> None:
    graph = chain((2,), SIGN, linear([1, 1], [1, -1]), SIGN, affine(-0.5), affine(2, 3))
    network = lower(graph)
    assert network.output_type == BIPOLAR
    assert (list(network.host.mul), list(network.host.add)) == ([-1], [3])
    assert run_exactly(network, (1, 1)) == evaluate(graph, (1, 1)) == [2, 2]


def test_layers_without_a_quantizer_between_them() -> None:
    graph = chain((2,), SIGN, linear([1, 2], [1, -1]), affine(0.5, [1, 2]), linear([1, 3], [0, -1]))
    network = lower(graph)
    assert len(network.layers) == 2
    for x in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
        assert run_exactly(network, x) == evaluate(graph, x)


def test_an_irrational_scale_at_the_input() -> None:
    """The host computes with fractions; the codes of floats are the same."""
    root = Exact.of(2).sqrt()
    graph = chain((2,), affine(root, 1), SIGN, linear([1, 1]))
    network = lower(graph)
    assert all(v.is_rational for v in (*network.quantizer.mul, *network.quantizer.add))
    near = float(-1 / root)
    for x in ([near, near], [np.nextafter(near, 0), np.nextafter(near, -1)], [0.0, -1.0]):
        assert run_exactly(network, x) == evaluate(graph, x)


@pytest.mark.parametrize(
    ("ops", "message"),
    [
        (
            [linear([1, 1])],
            "layer 'n0': takes real numbers from the network's input; quantise the input first "
            "(BipolarQuant or Quant), or say what the accelerator takes (bnngen convert MODEL --input uint8:1/255 "
            "--out CLEAN.onnx)",
        ),
        ([], "layer 'x': the network has no layers"),
        ([SIGN], "layer 'n0': the network has no layer with weights behind its input quantiser"),
        (
            [SIGN, linear([1, 1]), RELU, linear([1])],
            "layer 'n2': Relu works on real numbers here; quantise its result, or remove it",
        ),
        (
            [SIGN, affine([1, 1000]), linear([1, 1])],
            "layer 'n1': scales each channel by its own factor, and these are no small multiples of one number, "
            "so they can't pass the sum of the next layer's products; quantise with one scale for the whole "
            "tensor, or put a quantiser behind this layer",
        ),
        (
            [PLAIN_SIGN, linear([1, 1])],
            f"layer 'n0': is a plain Sign on an input that can be 0; {SIGN_ADVICE}",
        ),
        (
            [RELU, SIGN, linear([1, 1])],
            "layer 'n1': quantises the input, but has a level that is always or never reached",
        ),
        (
            [
                affine([1, -1]),
                Step(((Bound(Exact(), True),),), (False,), IntType(0, 1)),
                SIGN,
                linear([1, 1]),
            ],
            "layer 'n2': quantises the input, but has a level that is always or never reached",
        ),
        (
            [SIGN, linear([1, 1], [1, -1]), PLAIN_SIGN],
            "layer 'n2': is a plain Sign, and gives 0 where the sum of channel 0 is 0; "
            f"hardware has one bit for -1 and +1: {SIGN_ADVICE}",
        ),
    ],
)
def test_what_can_not_be_lowered_is_refused_by_name(ops: list[Any], message: str) -> None:
    with pytest.raises(ModelError) as error:
        lower(chain((2,), *ops))
    assert str(error.value) == message


def test_input_thresholds_that_are_no_rounding_are_refused() -> None:
    row = tuple(Bound(Exact.of(t), strict=False) for t in (0, 1, 3))
    with pytest.raises(ModelError, match=r"with thresholds that no affine rounding gives$"):
        lower(chain((1,), Step((row,), (False,), IntType(0, 3)), linear([1])))


def test_input_channels_with_different_roundings_are_refused() -> None:
    rows = ((Bound(Exact(), strict=True),), (Bound(Exact(), strict=False),))
    with pytest.raises(ModelError, match=r"^layer 'n0': quantises the channels of the input with different"):
        lower(chain((2,), Step(rows, (False, False), IntType(0, 1)), linear([1, 1])))


def test_an_input_that_several_layers_read_is_refused_by_name() -> None:
    nodes = (
        Node("a", linear([1, 1]), ("x",)),
        Node("b", linear([1, -1]), ("x",)),
        Node("s", Sum((1, 1)), ("a", "b")),
    )
    with pytest.raises(ModelError) as error:
        lower(Graph("x", (2,), nodes, "s"))
    assert str(error.value) == "layer 'x': is read by 'a', 'b'; one of them must quantise it for the others"


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 2, 1), (2, 1, 3), (1, 3, 2), (2, 2)])
def test_a_flattened_image_meets_the_weights_in_stream_order(shape: tuple[int, ...]) -> None:
    features = int(np.prod(shape))
    weights = np.arange(2 * features).reshape(2, features) - features
    graph = chain(shape, SIGN, Reshape((int(np.prod(shape)),)), Linear(weights))
    network = lower(graph)
    generator = np.random.default_rng(features)
    for _ in range(8):
        x = generator.choice([-1, 1], features).tolist()
        assert run_exactly(network, x) == evaluate(graph, x)


def test_too_many_thresholds_at_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ends, "MOST_THRESHOLDS", 1)
    with pytest.raises(
        ModelError, match=r"^layer 'n1': quantises the input with 2 thresholds, one row for each"
    ):
        lower(chain((2,), affine([1, 2]), SIGN, linear([1, 1])))
