"""Whatever a name holds, it stays a name."""

from __future__ import annotations

import ast
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen.host.generated.quoting import (
    c_array,
    c_double,
    c_float,
    c_text,
    cell,
    comment,
    float_key,
    python_text,
    python_tuple,
)

texts = st.text(st.characters(exclude_categories=["Cs"]))
singles = st.floats(width=32, allow_nan=False)


@given(texts)
def test_texts_read_back(text: str) -> None:
    """Bytes of Python are written as those of C, but for trigraphs, which have a question mark."""
    assert ast.literal_eval("b" + c_text(text)) == text.encode()
    assert "?" not in c_text(text)
    assert ast.literal_eval(python_text(text)) == text
    assert python_text(text).isascii()


@given(texts)
def test_a_comment_ends_nowhere(text: str) -> None:
    assert not set(comment(text)) & set("*/\\?\n\r\0\"'")


@given(singles)
def test_floats_read_back(value: float) -> None:
    if np.isfinite(value):
        assert float.fromhex(c_float(value).removesuffix("f")) == value
        assert float.fromhex(c_double(value)) == value
    else:
        assert c_float(value) == c_double(value) == ("INFINITY" if value > 0 else "-INFINITY")


@given(singles, singles)
def test_keys_rise_with_the_numbers(a: float, b: float) -> None:
    assert (float_key(a) < float_key(b)) == (a < b)
    assert (float_key(a) == float_key(b)) == (a == b)


@given(st.lists(st.integers(), max_size=60))
def test_lists_read_back(values: list[int]) -> None:
    assert ast.literal_eval(python_tuple(values)) == tuple(values)
    assert (
        list(
            map(int, c_array(values).strip("{}").replace("\n", "").rstrip(", ").split(",") if values else [])
        )
        == values
    )
    assert max(map(len, python_tuple([1 << 30] * 60).splitlines())) <= 100


@pytest.mark.parametrize(("name", "there"), [("a|b", r"a\|b"), ("<b>", r"\<b\>"), ("a\nb", r"a\\nb")])
def test_a_cell_is_one(name: str, there: str) -> None:
    assert cell(name) == there


def test_keys_are_the_bits() -> None:
    assert float_key(1.0) == struct.unpack("<i", struct.pack("<f", 1.0))[0] == 0x3F800000
    assert float_key(-0.0) == float_key(0.0) == 0
