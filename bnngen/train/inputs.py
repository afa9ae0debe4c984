"""From stored samples to what the network takes: layout, thermometer codes, the input's quantiser.

Everything is measured on the training part alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import RecipeError
from bnngen.reference.resize import TYPES, Resize
from bnngen.train.datasets.dataset import DataSet, Subset, TableSource
from bnngen.train.recipe import FLOAT, DataTable

STANDARD_RANGE = 3.0
"""How many deviations around its mean the codes of a standardized input reach."""
_MOST_VALUE = 1 << 24
"""Integers up to it are float32 numbers, with which hosts compare."""
_BINARY = ("binarize", "thermometer")


@dataclass(frozen=True, eq=False)
class InputCode:
    """The network's first step: x becomes the code of mul*x + add, which the host computes.

    ``mul`` and ``add`` are float32 and broadcast over the channels (features, or C of (C, H, W)). One bit is
    the sign; more are signed steps of ``scale``; `FLOAT` bits are none.
    """

    mul: NDArray[np.float32]
    add: NDArray[np.float32]
    bits: int
    scale: float = 1.0


@dataclass(frozen=True, eq=False)
class Layout:
    """How stored samples are laid out for a network.

    It takes vectors (``rank`` 1), (C, L) (2) or (C, H, W) (3).
    With ``resize`` samples become smaller first. ``thresholds`` are those of a thermometer code, rising, one
    array for each feature or one for all, or None.
    """

    rank: int
    thresholds: tuple[NDArray[np.float32], ...] | None = None
    resize: Resize | None = None

    def __call__(self, x: NDArray[Any]) -> NDArray[Any]:
        """Samples with the channels last, (N, ...), in the network's own layout."""
        x = x.reshape(len(x), *self.stored_shape(x))
        if self.resize is not None:
            x = self.resize(x)
        if self.thresholds is not None:
            x = _thermometer(x, self.thresholds)
        if x.ndim > 2:
            x = np.moveaxis(x, -1, 1)
        return np.ascontiguousarray(x.reshape(len(x), -1) if self.rank == 1 else x)

    def stored_shape(self, x: NDArray[Any]) -> tuple[int, ...]:
        """The shape of a stored sample of ``x``, with a channel as the last axis: only networks that take
        sequences have it in samples of two axes."""
        return (*x.shape[1:], 1) if self.rank != 2 and x.ndim == 3 else x.shape[1:]

    def image_shape(self, x: NDArray[Any]) -> tuple[int, int, int] | None:
        """(C, H, W) of stored samples ``x`` as the network sees them, or None if they are tables.

        Sequences are images of one row or, for networks that take vectors, of a row a step.
        """
        if x.ndim == 2:
            return None
        _, *shape = replace(self, rank=3 if self.rank == 1 else self.rank)(x[:1]).shape
        if self.rank == 2:
            shape.insert(1, 1)
        return shape[0], shape[1], shape[2]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A data set in the network's layout (``stored``: as it was loaded), with what the network does first."""

    data: DataSet
    stored: DataSet
    layout: Layout
    code: InputCode
    image: tuple[int, int, int] | None

    @property
    def shape(self) -> tuple[int, ...]:
        """A sample's shape in the network's layout."""
        return self.data.train.x.shape[1:]


def prepare(data: DataSet, table: DataTable, rank: int, bits: int | None) -> Prepared:
    """``data`` as the recipe's ``[data]`` wants it, for a network of this ``rank``.

    ``bits`` are those of the network's input; None: 1 for "binarize" and "thermometer", else 8.
    Raises RecipeError if the samples don't suit the network, or the bits the kind of input.
    """
    x = data.train.x
    if rank > 1 and x.ndim not in ((3, 4) if rank == 3 else (3,)):
        wanted = "images" if rank == 3 else "sequences (N, L, C)"
        raise RecipeError(f"takes {wanted}, not samples of shape {x.shape[1:]}", "model.architecture")
    binary, bits = table.input in _BINARY, input_bits(table, bits)
    if binary != (bits == 1) and bits != FLOAT:
        raise RecipeError(
            f"found {bits}; input = '{table.input}' takes {'1' if binary else '2 to 8'}", "model.input_bits"
        )
    layout = Layout(rank)
    if table.size is not None:
        layout = replace(layout, resize=_resize(data, table.size, layout))
    if table.input == "thermometer":
        smaller = x if layout.resize is None else layout.resize(x.reshape(len(x), *layout.stored_shape(x)))
        layout = replace(layout, thresholds=_levels(smaller, table, data.table))
    if layout.thresholds is not None and not sum(map(len, layout.thresholds)):
        raise RecipeError("each feature has one value in all training samples", "data.input")
    train, validation, test = (
        Subset(layout(part.x), part.y) for part in (data.train, data.validation, data.test)
    )
    code = _CODES[table.input](train.x, bits, table)
    image = layout.image_shape(x)
    laid_out = replace(data, train=train, validation=validation, test=test)
    return Prepared(laid_out, data, layout, code, image)


def _resize(data: DataSet, size: tuple[int, ...], layout: Layout) -> Resize | None:
    """What makes samples of ``data`` so small; None if they are. Raises RecipeError if nothing can."""
    x = data.train.x
    if x.ndim == 2:
        raise RecipeError("takes images and sequences, not tables", "data.size")
    *stored, channels = layout.stored_shape(x)
    places = size * len(stored) if len(size) == 1 else size
    if len(places) != len(stored) or any(a > b for a, b in zip(places, stored, strict=True)):
        wanted = " and ".join(f"1 to {most}" for most in stored)
        raise RecipeError(f"found {list(size)}; accepted: {wanted}, as samples are stored", "data.size")
    if places == tuple(stored):
        return None
    parts = [part.x for part in (data.train, data.validation, data.test)]
    if floats := [part.dtype.name for part in parts if part.dtype.kind == "f"]:
        raise RecipeError(
            f"takes samples of integers, not of {floats[0]}, whose means are not exact: store them as uint8, "
            "for instance",
            "data.size",
        )
    if any(max(part.max(initial=0), -int(part.min(initial=0))) > _MOST_VALUE for part in parts):
        raise RecipeError(f"takes integers from {-_MOST_VALUE:,} to {_MOST_VALUE:,}", "data.size")
    type_ = np.result_type(*parts).name
    return Resize((*stored, channels), places, type_ if type_ in TYPES else TYPES[-1])


def input_bits(table: DataTable, bits: int | None) -> int:
    """The bits of the network's input, where the recipe says ``bits`` of them."""
    return bits or (1 if table.input in _BINARY else 8)


def _range(x: NDArray[Any]) -> tuple[float, float]:
    low, high = float(x.min()), float(x.max())
    return low, high if high > low else low + 1


def _binarize(x: NDArray[Any], bits: int, table: DataTable) -> InputCode:
    """-1 below the threshold, +1 from it on."""
    low, high = _range(x)
    mul = 2 / (high - low)
    return _code(mul, -mul * (low + table.threshold * (high - low)), bits, 1.0)


def _spread(x: NDArray[Any], bits: int, table: DataTable) -> InputCode:
    """The training data's least value becomes the least code, its greatest the greatest."""
    low, high = _range(x)
    half = 2 ** (min(bits, 8) - 1)
    mul = (2 * half - 1) / half / (high - low)
    return _code(mul, -1 - mul * low, bits, 1 / half)


def _standardize(x: NDArray[Any], bits: int, table: DataTable) -> InputCode:
    """Each feature, or each channel, with mean 0 and deviation 1."""
    axes = (0, *range(2, x.ndim))
    mean, deviation = x.mean(axes, dtype=np.float64), x.std(axes, dtype=np.float64)
    mul = 1 / np.where(deviation > 0, deviation, 1)
    return _code(mul, -mean * mul, bits, STANDARD_RANGE / 2 ** (min(bits, 8) - 1))


def _as_it_is(x: NDArray[Any], bits: int, table: DataTable) -> InputCode:
    """-1 and +1 already."""
    return _code(1.0, 0.0, bits, 1.0)


_CODES = {"binarize": _binarize, "range": _spread, "standardize": _standardize, "thermometer": _as_it_is}


def _code(mul: NDArray[Any] | float, add: NDArray[Any] | float, bits: int, scale: float) -> InputCode:
    return InputCode(np.asarray(mul, np.float32), np.asarray(add, np.float32), bits, scale)


def _levels(x: NDArray[Any], table: DataTable, source: TableSource | None) -> tuple[NDArray[np.float32], ...]:
    """The thermometer's thresholds: of each feature of tables, the same ones for all pixels of images.

    Of a table with ``source`` no two are equal, and none is reached by all samples: one that holds 0 and 1
    has one threshold, and so has a word.
    """
    x = x.astype(np.float32)
    if x.ndim > 2:
        return (_spaced(x.ravel(), table),)
    if source is None:
        return tuple(_spaced(feature, table) for feature in x.T)
    words = [bool(column.words) for column in source.used for _ in range(column.features)]
    return tuple(
        np.array([0.5], np.float32) if word else _distinct(feature, table)
        for feature, word in zip(x.T, words, strict=True)
    )


def _distinct(x: NDArray[np.float32], table: DataTable) -> NDArray[np.float32]:
    """Thresholds of one feature: each of its values but the least, or as many as the recipe wants. Where the
    least value is common, as 0 often is, they are spread over the others."""
    values = np.unique(x)
    if len(values) <= table.levels + 1:
        return values[1:]
    if table.spacing == "quantile" and (x == values[0]).mean() > 1 / (table.levels + 1):
        steps = np.arange(table.levels) / table.levels
        return np.unique(np.asarray(np.quantile(x[x > values[0]], steps, method="higher"), np.float32))
    return np.unique(_spaced(x[x > values[0]], table))


def _spaced(x: NDArray[np.float32], table: DataTable) -> NDArray[np.float32]:
    """``levels`` thresholds of the values ``x`` (N,), at their quantiles or evenly over their range."""
    steps = np.arange(1, table.levels + 1) / (table.levels + 1)
    if table.spacing == "quantile":
        return np.asarray(np.quantile(x, steps, method="higher"), np.float32)
    low, high = float(x.min()), float(x.max())
    return (low + steps * (high - low)).astype(np.float32)


def _thermometer(x: NDArray[Any], thresholds: tuple[NDArray[np.float32], ...]) -> NDArray[np.int8]:
    """+1 for each threshold that x, rounded to float32, reaches, else -1: (N, ..., C) becomes (N, ...,
    elements), channel after channel."""
    x = x.astype(np.float32)
    each = thresholds * x.shape[-1] if len(thresholds) == 1 else thresholds
    parts = [x[..., k, None] >= levels for k, levels in enumerate(each)]
    return np.where(np.concatenate(parts, axis=-1), np.int8(1), np.int8(-1))
