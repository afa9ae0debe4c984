"""Codes of many real inputs at once: the same integers as `Quantizer.quantize`, by tables and comparisons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.ops.threshold import levels_reached, short_dtype, values_of
from bnngen.reference.input_quantizer import Quantizer

_CHUNK = 1 << 15
"""Elements at once, so that temporary arrays stay in the cache: several times as fast as all at once."""

_MOST_TABLE_VALUES = 1 << 16

_MOST_LEVELS = 16
"""Above this, rounding is faster than one comparison for each level."""

_SEARCH_COST = 1 << 10
"""Finding one edge takes as long as rounding about so many elements."""

_BITS: dict[Any, Any] = {np.dtype(np.float32): np.int32, np.dtype(np.float64): np.int64}
"""Floats whose edges can be searched, and the integers that hold their bits."""


def encode_integers(
    x: NDArray[np.integer], quantizer: Quantizer, scale: float | None = None
) -> NDArray[np.signedinteger] | None:
    """x (frames, ..., C), channels last, times ``scale`` (the float64 product), to codes by a table.

    The codes are of the shortest type that holds all of the quantiser's. None where a table of all values
    between the least and the greatest of ``x`` does not pay, or if one of them leaves float64.
    """
    if not x.size:
        return None
    low, high = int(x.min()), int(x.max())
    if (high - low + 1) * _channels(quantizer) > min(x.size, _MOST_TABLE_VALUES) or high >= 1 << 62:
        return None
    values: NDArray[Any] = np.arange(low, high + 1)
    if scale is not None:
        with np.errstate(over="ignore"):
            values = values.astype(np.float64) * scale
        if not np.isfinite(values).all():
            return None
    table = quantizer.quantize(values[:, None]).astype(_dtype(quantizer))
    channel = np.arange(table.shape[1])
    if len(channel) == 1:
        return _in_chunks(x, lambda part: table[:, 0].take(part.astype(np.intp) - low), quantizer)
    return _in_chunks(x, lambda part: table[part.astype(np.intp) - low, channel], quantizer)


def encode(x: NDArray[Any], quantizer: Quantizer) -> NDArray[np.signedinteger]:
    """x (frames, ..., C) finite reals, channels last, to codes of the shortest type that holds all of them.

    Many floats and few levels: each float is compared with the least float of every code, which is exact, and
    does not care how many of them lie on a boundary. All else is rounded.
    """
    levels = _levels(quantizer)
    searched = levels * _channels(quantizer) * _SEARCH_COST
    rising = all(m.sign() > 0 for m in quantizer.mul)
    if x.dtype not in _BITS or not rising or levels > _MOST_LEVELS or x.size < max(searched, _CHUNK):
        return _in_chunks(x, quantizer.quantize, quantizer)
    edges = float_edges(quantizer, x.dtype)
    return _in_chunks(
        x, lambda part: values_of(levels_reached(part, edges), levels, quantizer.type), quantizer
    )


def _levels(quantizer: Quantizer) -> int:
    """How many codes there are above the lowest."""
    return 1 if quantizer.type.bipolar else quantizer.type.hi - quantizer.type.lo


def _channels(quantizer: Quantizer) -> int:
    return max(len(quantizer.mul), len(quantizer.add))


def _dtype(quantizer: Quantizer) -> type[np.signedinteger]:
    return short_dtype(quantizer.type.lo, quantizer.type.hi)


def _in_chunks(
    x: NDArray[Any], function: Callable[[NDArray[Any]], NDArray[Any]], quantizer: Quantizer
) -> NDArray[np.signedinteger]:
    codes = np.empty(x.shape, _dtype(quantizer))
    step = max(1, _CHUNK // max(1, x[:1].size))
    for start in range(0, len(x), step):
        codes[start : start + step] = function(x[start : start + step])
    return codes


def float_edges(quantizer: Quantizer, dtype: np.dtype) -> NDArray[Any]:
    """(C or 1, levels): the least number of a float type that reaches each code above the lowest, or inf.

    ``dtype`` is float32 or float64. Bisection over all the type's numbers in their order, for a quantiser
    that does not fall.
    """
    levels = _levels(quantizer)
    step = 2 if quantizer.type.bipolar else 1
    codes = quantizer.type.lo + step * np.arange(1, levels + 1)[:, None]
    infinity = int(np.array(np.inf, dtype).view(_BITS[dtype]))
    low = np.full((levels, _channels(quantizer)), 1 - infinity)
    high = np.full_like(low, infinity)
    while (searching := low < high).any():
        middle = (low >> 1) + (high >> 1) + (low & high & 1)  # their sum may leave int64
        reached = quantizer.quantize(_float_at(np.where(searching, middle, 0), dtype)) >= codes
        high = np.where(searching & reached, middle, high)
        low = np.where(searching & ~reached, middle + 1, low)
    return _float_at(high, dtype).T


def _float_at(position: NDArray[np.int64], dtype: np.dtype) -> NDArray[Any]:
    """The float at each position of the type's ascending order, counted from zero."""
    bits = _BITS[dtype]
    return np.where(position < 0, np.iinfo(bits).min - position, position).astype(bits).view(dtype)
