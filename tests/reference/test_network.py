"""The integer network and what the host does behind it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx.reference import ReferenceEvaluator
from support.onnx_files import custom_ops

import bnngen
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import Exact, exact_array
from bnngen.ops.argmax import ClassIndex
from bnngen.ops.dense import Dense
from bnngen.ops.threshold import Threshold
from bnngen.reference.head import Head
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.network import Host, NamedLayer, Network

SIGN = Quantizer(exact_array(1), exact_array(0), "sign", BIPOLAR)
SCALES = st.fractions(-3, 3, max_denominator=3)


def network(*layers: Dense | ClassIndex, host: Host | None = None) -> Network:
    named = tuple(NamedLayer(f"layer{i}", op) for i, op in enumerate(layers))
    return Network((1, 2, 2), SIGN, named, host or Host(exact_array(1), exact_array(0)))


WEIGHTS = np.array([[1, -1, 1, 1], [1, 1, 1, 1], [-1, -1, -1, 1]])


def test_run_passes_integers_from_layer_to_layer() -> None:
    activation = Threshold(np.array([[0], [3], [-1]]), np.array([False, False, True]), BIPOLAR)
    second = Dense(np.array([[1, 2, -3]]), BIPOLAR)
    net = network(Dense(WEIGHTS, BIPOLAR, activation), second)
    codes = np.array([1, -1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1]).reshape(3, 1, 2, 2)
    # dot products: (4, 2, 0), (-2, -4, 2), (2, 4, -2); signs: (1, -1, -1), (-1, -1, -1), (1, 1, 1)
    assert net.run(codes).tolist() == [[2], [0], [0]]
    assert net.output_type == IntType(-6, 6)
    assert (net.elements_in, net.elements_out) == (4, 1)
    assert net.model_shape == (2, 1, 2)
    assert not net.class_index


def test_run_in_batches_reports_progress() -> None:
    net = network(Dense(WEIGHTS, BIPOLAR))
    codes = np.where(np.random.default_rng(1).random((7, 1, 2, 2)) > 0.5, 1, -1)
    seen: list[tuple[int, int]] = []
    y = net.run(codes, progress=lambda done, of: seen.append((done, of)), batch=3)
    assert seen == [(3, 7), (6, 7), (7, 7)]
    assert y.tolist() == net.run(codes).tolist()
    assert y.tolist() == (codes.reshape(7, 4) @ WEIGHTS.T).tolist()


def test_run_of_no_frames() -> None:
    dense = Dense(WEIGHTS, BIPOLAR)
    for net, outputs in ((network(dense), 3), (network(dense, ClassIndex(3)), 1)):
        y = net.run(np.zeros((0, 1, 2, 2), dtype=np.int64))
        assert (y.shape, y.dtype) == ((0, outputs), np.int64)


def test_a_network_that_ends_in_a_class_index() -> None:
    net = network(Dense(WEIGHTS, BIPOLAR), ClassIndex(3, IntType(-4, 4)))
    assert net.class_index
    assert net.elements_out == 1
    assert net.output_type == IntType(0, 2)
    y = net.run(np.array([[1, 1, 1, 1], [-1, -1, -1, 1], [1, -1, 1, -1]]))
    assert y.tolist() == [[1], [2], [0]]
    assert net.classes(y).tolist() == [1, 2, 0]


@given(st.data())
def test_classes_are_those_of_the_exact_outputs(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 4))
    mul = data.draw(st.lists(SCALES, min_size=count, max_size=count) | SCALES.map(lambda m: [m]))
    add = data.draw(st.lists(SCALES, min_size=count, max_size=count) | SCALES.map(lambda m: [m]))
    y = np.array(
        data.draw(st.lists(st.lists(st.integers(-5, 5), min_size=count, max_size=count), min_size=1))
    )
    exact = [[mul[c % len(mul)] * int(v) + add[c % len(add)] for c, v in enumerate(frame)] for frame in y]
    host = Host(exact_array(mul), exact_array(add))
    assert host.classes(y).tolist() == [frame.index(max(frame)) for frame in exact]
    assert host.real_outputs(y).tolist() == pytest.approx(np.array(exact, dtype=float))


def test_classes_where_doubles_see_a_tie() -> None:
    """1/3*3 and 1 are equal; 2**-60 more is not, and no double has it."""
    y = np.array([[3, 1]])
    for nudge, expected in ((Fraction(0), 0), (Fraction(1, 1 << 60), 1), (-Fraction(1, 1 << 60), 0)):
        host = Host(exact_array([Fraction(1, 3), 1 + nudge]), exact_array(0))
        assert host.classes(y).tolist() == [expected]


def test_classes_with_irrational_scales() -> None:
    root = Exact.of(2).sqrt()
    host = Host(exact_array([root, root * root]), exact_array([0, 0]))
    assert host.classes(np.array([[1, 1], [3, 2], [10, 7], [0, 0]])).tolist() == [1, 0, 0, 0]
    host = Host(exact_array([root * root, Exact.of(2)]), exact_array(0))
    assert host.classes(np.array([[5, 5], [4, 5]])).tolist() == [0, 1]


def test_a_tie_goes_to_the_lowest_index() -> None:
    host = Host(exact_array(1), exact_array(0))
    assert host.classes(np.array([[1, 3, 3], [2, 2, 2], [0, -1, 0]])).tolist() == [1, 0, 0]


def test_a_negative_scale_turns_the_order() -> None:
    host = Host(exact_array(-2), exact_array(1))
    assert host.classes(np.array([[1, 3, 0]])).tolist() == [2]
    assert host.real_outputs(np.array([[1, 3, 0]])).tolist() == [[-1, -5, 1]]


def test_softmax_keeps_the_classes_and_sums_to_one() -> None:
    host = Host(exact_array(Fraction(1, 2)), exact_array([0, 1, 0]), head=Head("Softmax", np.arange(3)[None]))
    y = np.array([[2000, -4, 1998], [0, -2, 0]])
    real = host.real_outputs(y)
    assert real.sum(axis=1) == pytest.approx([1, 1])
    assert real[0] == pytest.approx([np.e / (np.e + 1), 0, 1 / (np.e + 1)])
    assert real[1] == pytest.approx([1 / 3] * 3)
    assert host.classes(y).tolist() == [0, 0]


def test_a_map_of_real_channels_is_what_the_file_says(shared: Path) -> None:
    path = shared / "cases" / "faults" / "map_out_bn"
    with np.load(f"{path}.npz") as data:
        x = data["x"]
    file = onnx.load(f"{path}.onnx")
    expected = ReferenceEvaluator(file, new_ops=custom_ops()).run(None, {"x": x.astype(np.float32)})[0]
    loaded = bnngen.load(f"{path}.onnx")
    y = bnngen.golden(loaded, x)
    assert loaded.host.real_outputs(y) == pytest.approx(expected, abs=1e-6)
    assert loaded.classes(y).tolist() == expected.reshape(3, -1).argmax(axis=1).tolist()


def test_scales_beyond_float64() -> None:
    """The classes are exact, and no number overflows with a word."""
    huge = Exact.of(10**400)
    host = Host(exact_array([huge, huge, -huge]), exact_array([0, 1, 0]))
    y = np.array([[2, 2, 0], [1, -1, -1], [0, 0, -1]])
    assert host.classes(y).tolist() == [1, 0, 2]
    assert host.real_outputs(y[:1])[0, :2].tolist() == [np.inf, np.inf]
    host = Host(exact_array(Fraction(10**307)), exact_array([0, 0]))
    assert host.classes(np.array([[100, 101], [-100, -101]])).tolist() == [1, 0]


def test_host_of_no_frames() -> None:
    host = Host(exact_array(1), exact_array(0))
    assert host.classes(np.zeros((0, 3), dtype=np.int64)).shape == (0,)
    assert host.real_outputs(np.zeros((0, 3), dtype=np.int64)).shape == (0, 3)


def test_a_softmax_along_one_axis_gives_a_class_for_each_row() -> None:
    rows = np.array([[0, 2], [1, 3]])
    host = Host(exact_array([1, 2]), exact_array(0), Head("Softmax", rows, (2,)), shape=(2, 2))
    y = np.array([[3, 1, 1, 1], [4, 0, 2, 1]])
    assert host.class_shape == (2,)
    assert host.classes(y).tolist() == [[0, 1], [0, 1]]
    assert host.real_outputs(y).sum(axis=1) == pytest.approx(np.ones((2, 2)))


def test_functions_of_outputs() -> None:
    rows = np.arange(3)[None]
    y = np.array([[800.0, -800.0, 0.0]])
    assert Head("Sigmoid", rows.T)(y).tolist() == [[1.0, 0.0, 0.5]]
    assert Head("LogSoftmax", rows)(y).tolist() == [[0.0, -1600.0, -800.0]]
    assert Host(exact_array(1), exact_array(0), Head("Sigmoid", rows.T)).class_shape == ()
