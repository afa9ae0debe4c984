"""The numbers that a file keeps in a tensor."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from bnngen.frontend.external_data import is_external
from bnngen.frontend.values import Constant
from bnngen.numbers.datatypes import IntType

_NARROW = {
    TensorProto.INT4: IntType(-8, 7),
    TensorProto.UINT4: IntType(0, 15),
    TensorProto.INT2: IntType(-2, 1),
    TensorProto.UINT2: IntType(0, 3),
}
"""Types of integers that numpy does not have."""


def read_tensor(tensor: TensorProto) -> NDArray[Any]:
    """The tensor's numbers; floats that numpy does not know as float32, which holds them.

    Raises ValueError if they are no numbers, fewer or more than its shape says, or kept in another file.
    """
    if is_external(tensor):
        raise ValueError("is kept in another file; save the model as one file")
    if tensor.HasField("segment"):
        raise ValueError("is one segment of a tensor; save the model with whole tensors")
    dtype = element_type(tensor.data_type)
    if dtype.kind not in "biufV":
        raise ValueError(
            f"is of type {TensorProto.DataType.Name(tensor.data_type)}; accepted are real numbers"
        )
    if any(d < 0 for d in tensor.dims):
        raise ValueError(f"has shape {list(tensor.dims)}")
    try:
        array = numpy_helper.to_array(tensor)
    except (ValueError, TypeError, OverflowError):
        raise ValueError(f"does not hold the {math.prod(tensor.dims)} numbers of its shape") from None
    # bfloat16, the 8-bit floats and the integers of less than 8 bits of ml_dtypes
    if tensor.data_type in _NARROW:
        narrow: NDArray[Any] = array.astype(np.int8)
        return narrow
    result: NDArray[Any] = array.astype(np.float32) if array.dtype.num >= np.dtype("V").num else array
    return result


def element_range(data_type: int) -> IntType:
    """The integers of one of ONNX's types. Raises ValueError for other types."""
    if data_type in _NARROW:
        return _NARROW[data_type]
    dtype = element_type(data_type)
    if dtype.kind not in "iu" or dtype.num >= np.dtype("V").num:
        raise ValueError(f"is of type {TensorProto.DataType.Name(data_type)}; accepted are integers")
    info = np.iinfo(dtype)
    return IntType(int(info.min), int(info.max))


def constant_of(tensor: TensorProto) -> Constant:
    """A tensor as a known array. Raises ValueError as `read_tensor`."""
    return Constant(read_tensor(tensor), type=_NARROW.get(tensor.data_type))


def element_type(data_type: int) -> np.dtype:
    """Raises ValueError if ONNX has no such type."""
    try:
        result: np.dtype = helper.tensor_dtype_to_np_dtype(data_type)
        return result
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"is of the unknown type {data_type}") from None
