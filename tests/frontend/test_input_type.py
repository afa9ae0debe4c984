"""What an input's type is written as, and what files say of it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto

from bnngen.base.errors import ModelError, UsageError
from bnngen.frontend.input_type import Declared, InputType, declared_input, parse_input_type
from bnngen.numbers.datatypes import BIPOLAR, IntType
from tests.frontend.onnx_file import File

THIRD = Fraction(1, 3)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("bipolar", InputType(BIPOLAR)),
        ("uint8:1/255", InputType(IntType(0, 255), (Fraction(1, 255),))),
        ("INT4:1/16", InputType(IntType(-8, 7), (Fraction(1, 16),))),
        ("uint8:0.003,-0.5", InputType(IntType(0, 255), (Fraction(3, 1000),), (Fraction(-1, 2),))),
        (
            "uint1: [1, 2] , [-1/3, 1e-2]",
            InputType(IntType(0, 1), (Fraction(1), Fraction(2)), (-THIRD, Fraction(1, 100))),
        ),
        ("ternary:2", InputType(IntType(-1, 1), (Fraction(2),))),
        ("binary", InputType(IntType(0, 1))),
        ("uint3:[.5,1.],0", InputType(IntType(0, 7), (Fraction(1, 2), Fraction(1)))),
    ],
)
def test_a_type_with_scale_and_offset(text: str, wanted: InputType) -> None:
    assert parse_input_type(text) == wanted


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is no such text"),
        ("float32", "'float32' is no type of integers"),
        ("uint", "'uint' is no type of integers"),
        ("int1", "int has 2 to 8 bits, not 1"),
        ("uint9", "uint has 1 to 8 bits, not 9"),
        ("uint99999999999", "uint has 1 to 8 bits, not 99999999999"),
        ("uint8:", "its scale '' is no number"),
        ("uint8:0", "a scale must be above 0"),
        ("uint8:-1", "a scale must be above 0"),
        ("uint8:1/0", "its scale '1/0' is no number"),
        ("uint8:nan", "its scale 'nan' is no number"),
        ("uint8:1e999999999", "its scale '1e999999999' is no number"),
        ("uint8:" + "9" * 41, "is no number"),
        ("uint8:1,2,3", "it is no such text"),
        ("uint8:[1,2],[1,2,3]", "it has 2 scales and 3 offsets"),
        ("uint8:[]", "its scale '' is no number"),
        ("uint8:[[1]]", "it is no such text"),
        ("uint8\x1b", "it is no such text"),
    ],
)
def test_anything_else_is_refused(text: str, why: str) -> None:
    with pytest.raises(
        UsageError, match=r"is no type of the input, because .*; accepted are bipolar, "
    ) as error:
        parse_input_type(text)
    assert why in str(error.value)


numbers = st.fractions(-9, 9, max_denominator=99)
lists = st.lists(numbers.filter(lambda v: v > 0), min_size=1, max_size=3).map(tuple)


@given(lists, numbers, st.sampled_from([BIPOLAR, IntType(0, 15), IntType(-128, 127), IntType(-1, 1)]))
def test_it_is_written_as_it_is_read(scale: tuple[Fraction, ...], offset: Fraction, type_: IntType) -> None:
    input_ = InputType(type_, scale, (offset,))
    assert parse_input_type(str(input_)) == input_


@given(numbers.filter(lambda v: v > 0), numbers, st.floats(-20, 20))
def test_codes_are_the_nearest(scale: Fraction, offset: Fraction, x: float) -> None:
    code = int(InputType(IntType(-8, 7), (scale,), (offset,)).quantizer().quantize(np.array([x]))[0])
    assert code == min(max(round((Fraction(x) - offset) / scale), -8), 7)


def annotated(words: str, element: int = TensorProto.FLOAT) -> onnx.ModelProto:
    model = File(4)
    made = model.proto(model.bipolar("x"))
    made.graph.input[0].type.tensor_type.elem_type = element
    if words:
        entry = made.graph.quantization_annotation.add(tensor_name="x")
        entry.quant_parameter_tensor_names.add(key="other", value="y")
        entry.quant_parameter_tensor_names.add(key="finn_datatype", value=words)
    return made


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("BIPOLAR", InputType(BIPOLAR)),
        ("BINARY", InputType(IntType(0, 1))),
        ("TERNARY", InputType(IntType(-1, 1))),
        ("UINT8", InputType(IntType(0, 255))),
        ("INT4", InputType(IntType(-8, 7))),
        ("FIXED<8,3>", InputType(IntType(-128, 127), (Fraction(1, 32),))),
    ],
)
def test_an_annotation_says_all(words: str, wanted: InputType) -> None:
    found = declared_input(annotated(words), "x")
    assert found is not None
    assert found.require("x") == wanted
    assert found.agrees(wanted)
    assert not found.agrees(InputType(IntType(0, 3)))


@pytest.mark.parametrize(
    "words", ["SCALEDINT<8>", "INT32", "UINT0", "FIXED<4,8>", "FIXED<32,8>", "XYZ", "INT1"]
)
def test_an_annotation_that_leaves_it_open(words: str) -> None:
    found = declared_input(annotated(words), "x")
    assert found is not None
    with pytest.raises(ModelError, match=f"'x': is annotated as {words}, which does not say .*--input"):
        found.require("x")
    assert found.agrees(InputType(IntType(-128, 127), (THIRD,)))
    assert found.agrees(InputType(IntType(0, 3))) == (words != "SCALEDINT<8>")


def test_a_type_of_floats_says_nothing() -> None:
    assert declared_input(annotated("FLOAT32"), "x") is None
    assert declared_input(annotated(""), "x") is None


@pytest.mark.parametrize(
    ("element", "type_"),
    [
        (TensorProto.UINT8, IntType(0, 255)),
        (TensorProto.INT8, IntType(-128, 127)),
        (TensorProto.INT4, IntType(-8, 7)),
    ],
)
def test_elements_of_a_type_of_integers(element: int, type_: IntType) -> None:
    found = declared_input(annotated("", element), "x")
    assert isinstance(found, Declared)
    assert found.require("x") == InputType(type_)
    assert declared_input(annotated("UINT4", element), "x") != found
