"""Numbers in tensors of every type, and tensors that are none."""

from __future__ import annotations

import re
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from bnngen.frontend.tensors import read_tensor

NUMBERS = [-1.0, 0.0, 1.0]


@pytest.mark.parametrize(
    "dtype", [np.float16, np.float32, np.float64, np.int8, np.int16, np.int32, np.int64, ml_dtypes.bfloat16]
)
def test_every_type_of_number(dtype: Any) -> None:
    array = read_tensor(numpy_helper.from_array(np.array(NUMBERS).astype(dtype), "t"))
    assert array.dtype.kind in "fi"
    assert array.tolist() == NUMBERS


@pytest.mark.parametrize(
    ("type_", "numbers"),
    [
        (TensorProto.FLOAT8E4M3FN, NUMBERS),
        (TensorProto.FLOAT8E5M2, NUMBERS),
        (TensorProto.INT4, [-8, 0, 7]),
        (TensorProto.UINT4, [0, 1, 15]),
        (TensorProto.BOOL, [False, True, True]),
        (TensorProto.UINT8, [0, 1, 255]),
    ],
)
def test_types_that_numpy_does_not_have(type_: int, numbers: list[Any]) -> None:
    assert read_tensor(helper.make_tensor("t", type_, [3], numbers)).tolist() == numbers


def tensor(**fields: Any) -> TensorProto:
    made = numpy_helper.from_array(np.arange(6, dtype=np.float32).reshape(2, 3), "t")
    for name, value in fields.items():
        if name == "dims":
            del made.dims[:]
            made.dims.extend(value)
        else:
            setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (tensor(data_type=0), "is of the unknown type 0"),
        (tensor(data_type=77), "is of the unknown type 77"),
        (tensor(data_type=TensorProto.STRING), "is of type STRING; accepted are real numbers"),
        (tensor(data_type=TensorProto.COMPLEX64), "is of type COMPLEX64; accepted are real numbers"),
        (tensor(dims=[2, -3]), "has shape [2, -3]"),
        (tensor(dims=[2, 4]), "does not hold the 8 numbers of its shape"),
        (
            tensor(dims=[1 << 40, 1 << 40]),
            "does not hold the 1208925819614629174706176 numbers of its shape",
        ),
        (tensor(raw_data=b"123"), "does not hold the 6 numbers of its shape"),
        (tensor(data_location=TensorProto.EXTERNAL), "is kept in another file; save the model as one file"),
    ],
)
def test_tensors_that_are_refused(broken: TensorProto, problem: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the whole message is compared
        read_tensor(broken)
    assert re.fullmatch(re.escape(problem).replace(r"\(\.\*\)", r"\(.*\)"), str(error.value), re.DOTALL)


def test_a_segment_is_refused() -> None:
    part = tensor()
    part.segment.begin = 0
    with pytest.raises(ValueError, match="is one segment of a tensor"):
        read_tensor(part)
