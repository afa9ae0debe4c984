"""Weights as small integers: whatever way the file has to say that a row of them is some integers times one
number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.frontend.known.arithmetic import settled
from bnngen.frontend.known.grids import Scaled, narrow, peak
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.values import Activation, Constant, Enclosure, KnownSum, QuantizedConstant
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import Exact, ExactArray, common_unit, exact_array

MAX_BITS = 8
FEW = 1 << MAX_BITS
"""As many different values a row of weights may have."""
ONE = exact_array(1)
_PLAIN = "quantise the model first (BipolarQuant or Quant on the weights, or a sign in the network)"
_FOLDED = (
    "an exporter that folds constants or a batch norm into quantised weights rounds them to single "
    "precision: export without (torch.onnx.export with optimize=False; by the old exporter with "
    "do_constant_folding=False and training=TrainingMode.PRESERVE)"
)


def integer_weights(node: OnnxNode, axis: int = 0, index: int = 1) -> tuple[NDArray[np.int64], ExactArray]:
    """The weights of a node as integers, and what they are to be multiplied by: one number, or one for each
    output, in an array of as many axes; the outputs are this ``axis`` of the weights.

    Raises ModelError where a row is no integers of at most 8 bits times one number.
    """
    value = node.input(index)
    if isinstance(value, Activation):
        raise node.error(f"takes a constant as its weights, not the computed tensor '{value.name}'")
    if 0 in value.shape:
        raise node.error(f"has weights of shape {value.shape}, which are none")
    value = settled(value) if isinstance(value, KnownSum) else value
    if isinstance(value, Enclosure):
        value = Constant(value.exact().reshape(value.shape))
    if isinstance(value, QuantizedConstant) and _quantized(value):
        return np.asarray(value.ints, np.int64), value.scale
    grid = Scaled.of(value)
    if all(u == 1 for u in grid.unit.reshape(-1)) and _small(grid.ints):
        return np.asarray(grid.ints, np.int64), ONE
    if grid.ints.ndim == 0:
        raise node.error("takes weights of two axes or more, not one number")
    axis = min(axis, grid.ints.ndim - 1)
    rows, units = _rows(grid, axis)
    found = _divided(rows, units)
    if found is None:
        raise node.error(_reason(rows, units))
    ints, scales = found
    shape = np.moveaxis(grid.ints, axis, 0).shape
    weights = np.moveaxis(ints.reshape(shape), 0, axis)
    if all(scale == scales[0] for scale in scales):
        return weights, exact_array(scales[0])
    column = [-1 if i == axis else 1 for i in range(weights.ndim)]
    return weights, exact_array(scales).reshape(column)


def _quantized(value: QuantizedConstant) -> bool:
    """Whether its integers are those to take: they may have one bit more with a zero point."""
    return not any(value.offset.reshape(-1)) and _small(value.ints, MAX_BITS + 1)


def _small(ints: NDArray[Any], bits: int = MAX_BITS) -> bool:
    return peak(ints) <= FEW and IntType.of_values(np.asarray(ints, np.int64)).bits <= bits


def _rows(grid: Scaled, axis: int) -> tuple[NDArray[Any], list[Exact]]:
    """A row of whole numbers for each output, and the unit of each."""
    ints, unit = (np.moveaxis(part, axis, 0) for part in (grid.ints, grid.unit))
    rows = ints.reshape(len(ints), -1)
    if unit.size == len(unit):
        return rows, list(np.broadcast_to(unit.reshape(-1), len(rows)))
    units = np.broadcast_to(unit, ints.shape).reshape(rows.shape)
    found = [_one_unit(row, each) for row, each in zip(rows, units, strict=True)]
    return narrow(np.array([row for row, _ in found], object)), [g for _, g in found]


def _one_unit(row: NDArray[Any], units: NDArray[np.object_]) -> tuple[list[int], Exact]:
    """A row whose numbers have units of their own, in one. Raises ValueError if there is none."""
    distinct = list(dict.fromkeys(units))
    found = common_unit(distinct)
    if found is None:
        raise ValueError("has weights of one row whose ratios are irrational; use one scale for each output")
    factors = dict(zip(distinct, found[0], strict=True))
    return [int(n) * factors[u] for n, u in zip(row, units, strict=True)], found[1]


def _divided(rows: NDArray[Any], units: list[Exact]) -> tuple[NDArray[np.int64], list[Exact]] | None:
    """Small integers and the scales of the rows; None where they are not small.

    One divisor for all rows is tried first, so that all outputs keep one scale.
    """
    divisors = np.gcd.reduce(rows, axis=1)
    if all(unit == units[0] for unit in units) and (common := int(np.gcd.reduce(divisors))):
        ints = rows // common
        if _small(ints):
            return _positive(ints, [unit * common for unit in units])
    divisors = np.where(divisors == 0, 1, divisors)
    ints = rows // divisors[:, None]
    if not _small(ints):
        return None
    scales = [unit * int(divisor) for unit, divisor in zip(units, divisors, strict=True)]
    return _positive(ints, scales)


def _positive(ints: NDArray[Any], scales: list[Exact]) -> tuple[NDArray[np.int64], list[Exact]] | None:
    """The same with scales above 0, where the integers stay small."""
    turned = np.array([scale.sign() < 0 for scale in scales])
    weights = np.where(turned[:, None], -ints, ints).astype(np.int64)
    if not _small(weights):
        return ints.astype(np.int64), scales
    return weights, [-scale if turn else scale for scale, turn in zip(scales, turned, strict=True)]


def _reason(rows: NDArray[Any], units: list[Exact]) -> str:
    """Why a row is no small integers, and what to do."""
    divisors = np.maximum(np.gcd.reduce(rows, axis=1), 1)
    peaks = [peak(row) // int(divisor) for row, divisor in zip(rows, divisors, strict=True)]
    worst = int(np.argmax(np.array([p.bit_length() for p in peaks])))
    values = sorted({int(n) for n in rows[worst]}, key=abs)
    shown = " and ".join(f"{float(units[worst] * n):.6g}" for n in values[:2])
    text = (
        "has weights that are not integers of at most 8 bits, times one number for each output: output "
        f"{worst} has {len(values):,} different weights, such as {shown}"
    )
    if len(values) <= FEW < peaks[worst]:
        return f"{text}; {_FOLDED}"
    return f"{text}; {_PLAIN}"
