"""Exact numbers, written into a file and read again."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper

from bnngen.frontend.exact_tensors import TensorWriter
from bnngen.frontend.importer import Importer
from bnngen.frontend.values import Known
from bnngen.numbers.exact import Exact, ExactArray, exact_array
from tests.frontend.onnx_file import File

rationals = st.one_of(
    st.fractions(-9, 9, max_denominator=999),
    st.integers(-(1 << 200), 1 << 200).map(Fraction),
    st.floats(-1e250, 1e250).filter(lambda v: not 0 < abs(v) < 1e-200).map(Fraction),
)
radicals = st.lists(st.tuples(st.integers(1, 30), rationals), max_size=3).map(Exact)


def read_again(values: ExactArray) -> ExactArray:
    """What the importer makes of the written numbers."""
    file = File(3)
    model = file.proto(file.bipolar("x"))
    writer = TensorWriter({"x", "c0"})
    name = writer.numbers(values, "c")
    model.graph.initializer.extend(writer.initializers)
    model.graph.node.extend(writer.nodes)
    identity = helper.make_node("Identity", [name], ["read"])
    model.graph.node.append(identity)
    importer = Importer(model)
    importer.run()
    found = importer.values["read"]
    assert isinstance(found, Known)
    return found.exact().reshape(found.shape)


@settings(max_examples=60)
@given(st.lists(radicals, min_size=1, max_size=4))
def test_every_number_reads_back(numbers: list[Exact]) -> None:
    values = exact_array(np.array([*numbers, Exact()], object))[:-1]
    assert (read_again(values) == values).all()
    assert (read_again(values.reshape(1, -1, 1)) == values.reshape(1, -1, 1)).all()


def test_short_numbers_are_plain_floats() -> None:
    writer = TensorWriter(set())
    writer.numbers(exact_array([0.5, -3]), "c")
    writer.integers(np.array([1 << 24, -7]), "d")
    assert [t.data_type for t in writer.initializers] == [1, 1]
    assert not writer.nodes
    writer.integers(np.array([(1 << 24) + 1]), "d")
    assert writer.initializers[-1].data_type == 11
    assert [t.name for t in writer.initializers] == ["c", "d", "d_2"]


def test_whole_numbers_beyond_a_float() -> None:
    assert read_again(exact_array((1 << 62) + 1)) == (1 << 62) + 1
    writer = TensorWriter(set())
    writer.integers(np.array([(1 << 62) - 1]), "c")
    assert [node.op_type for node in writer.nodes] == ["Add"]


def test_too_long_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"has numbers of more than 1,000 bits"):
        TensorWriter(set()).numbers(exact_array(Fraction(1, 3**1000)), "c")
