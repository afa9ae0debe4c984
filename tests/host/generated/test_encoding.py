"""Raw values become the bits of a frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.networks import make_network

from bnngen.host.generated.encoding import (
    MOST_THRESHOLDS,
    Number,
    Word,
    bits_of,
    columns_of,
    identifiers,
    real_input_of,
)
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import exact_array
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.network import Network
from bnngen.reference.preprocessing import NumberColumn, Preprocessing, WordColumn


@given(st.lists(st.text(), max_size=6))
def test_identifiers_are_names_and_differ(names: list[str]) -> None:
    found = identifiers(names)
    assert len(set(found)) == len(names)
    assert all(name.isidentifier() and name.isascii() for name in found)


def test_identifiers_are_no_words_of_c() -> None:
    assert identifiers(["Class", "class", "2nd", "°C", "int", "Peak (Hz)", "°"]) == [
        "value_class",
        "value_class_2",
        "value_2nd",
        "c",
        "value_int",
        "peak_hz",
        "value",
    ]


def test_columns_stand_one_behind_the_other() -> None:
    rules = Preprocessing(
        (
            NumberColumn("a", (0.5, 1.5), True, -1, 2, 0.25),
            WordColumn("b", ("x", "y"), (-1, 1), (1, -1)),
            NumberColumn("c", (), False, 1, 2),
        )
    )
    a, b, c = columns_of(rules, BIPOLAR)
    assert a == Number("a", "a", 0, (0.5, 1.5), True, 0, 1, 0.25)
    assert b == Word("b", "b", 2, ("x", "y"), (0, 1), (1, 0))
    assert c == Number("c", "c", 4, (), False, 1, 1, None)


def test_codes_of_integers_are_their_twos_complement() -> None:
    type_ = IntType(-4, 3)
    assert [bits_of(code, type_) for code in (-4, -1, 0, 3)] == [4, 7, 0, 3]
    assert [bits_of(code, BIPOLAR) for code in (-1, 1)] == [0, 1]


def quantized(mul: list[float], shape: tuple[int, ...]) -> Network:
    network = make_network(0, [int(np.prod(shape)), 4], ["bipolar"])
    quantizer = Quantizer(exact_array(mul), exact_array([0.25] * len(mul)), "half_even", IntType(-8, 7))
    return Network(shape, quantizer, network.layers, network.host)


@pytest.mark.parametrize("shape", [(12,), (2, 2, 3)])
def test_a_grid_counts_what_the_quantizer_rounds(shape: tuple[int, ...]) -> None:
    """Rising and falling channels, at the thresholds and beside them."""
    channels = shape[-1]
    network = quantized([2.0 if c % 2 else -0.5 for c in range(channels)], shape)
    grid = real_input_of(network)
    assert grid is not None
    assert (grid.channels, grid.pixels) == (channels, int(np.prod(shape[:-1])))
    for channel in range(channels):
        edges = np.array(grid.thresholds[channel], np.float32)
        x = np.concatenate([edges, np.nextafter(edges, -np.inf), np.linspace(-40, 40, 99, dtype=np.float32)])
        sign = -1 if grid.falls[channel] else 1
        codes = network.quantizer.quantize((sign * x)[:, None].repeat(channels, 1))[:, channel]
        assert np.array_equal(codes, grid.lowest + grid.step * np.searchsorted(edges, x, side="right"))
        assert set(codes) == set(range(-8, 8))


def test_a_real_input_of_too_many_thresholds_is_none() -> None:
    channels = MOST_THRESHOLDS // 15 + 1
    assert real_input_of(quantized([1.0] * channels, (channels,))) is None
