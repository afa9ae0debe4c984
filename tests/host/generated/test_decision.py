"""Classes and scores of a generated program's integers."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.networks import make_network

from bnngen.host.generated.decision import Decision, decision_of
from bnngen.numbers.exact import Exact, exact_array
from bnngen.reference.head import Head
from bnngen.reference.network import Host, Network

CLASSES = 5
fractions = st.fractions(-3, 3, max_denominator=6)


def network_of(host: Host, outputs: int = CLASSES) -> Network:
    return replace(make_network(1, [16, outputs], ["bipolar"]), host=host)


def classes(found: Decision, y: NDArray[np.int64]) -> list[int]:
    """As a generated program says it, in the numbers of Python."""
    values = [int(v) for v in (y[list(found.members)] if found.members else y)]
    rows = [values[k * found.length : (k + 1) * found.length] for k in range(found.places)]
    if found.given:
        return values
    factors, offsets = (np.resize(np.array(v, object), found.length) for v in (found.factors, found.offsets))
    keys = [
        [f * v * 2**found.shift + o for f, v, o in zip(factors, row, offsets, strict=True)] for row in rows
    ]
    return [key.index(max(key)) for key in keys]


@given(
    st.lists(st.integers(1, 4), min_size=CLASSES, max_size=CLASSES),
    st.lists(fractions, min_size=CLASSES, max_size=CLASSES),
    st.sampled_from([Fraction(1), Fraction(-2, 3)]),
    st.permutations(range(CLASSES)),
    st.integers(0, 1 << 30),
)
def test_classes_are_those_of_the_network(
    factors: list[int], offsets: list[Fraction], unit: Fraction, order: list[int], seed: int
) -> None:
    """Scales and offsets of each class, ties, another order in the file."""
    host = Host(exact_array([f * unit for f in factors]), exact_array(offsets), None, np.array(order))
    network = network_of(host)
    y = np.random.default_rng(seed).integers(-4, 5, (40, CLASSES)) * 2
    found = decision_of(network)
    assert [classes(found, row)[0] for row in y] == network.classes(y).tolist()


def test_irrational_scales_of_all_classes_are_none() -> None:
    host = Host(exact_array([Exact.of(2).sqrt()]), exact_array(0))
    found = decision_of(network_of(host))
    assert (found.places, found.factors, found.shift, found.offsets) == (1, (1,), 0, (0,))


def test_scales_without_a_common_unit_decide_nothing() -> None:
    mul = exact_array([Exact.of(2).sqrt(), Exact.of(3).sqrt(), *[Fraction(1)] * 3])
    assert decision_of(network_of(Host(mul, exact_array(0)))).places == 0


def test_keys_that_leave_the_integers_decide_nothing() -> None:
    mul = exact_array([Fraction(1, 3), Fraction(1 << 61), *[Fraction(1)] * 3])
    assert decision_of(network_of(Host(mul, exact_array(0)))).places == 0


def test_maps_have_a_class_a_place() -> None:
    """Softmax over the channels of a map: (channel, place) in the file, (place, channel) in the stream."""
    rows = np.arange(6).reshape(2, 3).T
    order = np.arange(6).reshape(3, 2).T.reshape(-1)
    host = Host(exact_array(2), exact_array(1), Head("Softmax", rows, (3,)), order, (2, 3))
    network = network_of(host, 6)
    y = np.random.default_rng(0).integers(-3, 4, (50, 6))
    found = decision_of(network)
    assert (found.places, found.length, found.members, found.function) == (3, 2, (), "Softmax")
    assert [classes(found, row) for row in y] == network.classes(y).tolist()


def test_a_class_index_is_given() -> None:
    network = make_network(1, [16, 5], ["bipolar"], argmax=True)
    found = decision_of(network)
    assert (found.given, found.places, found.length) == (True, 1, 1)
    assert classes(found, np.array([3])) == [3]
