"""The operators with a sliding window, and Resize: in doubles and in exact fractions, for any padding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.fuzz.operators import Axes, operator

NEAREST = {
    "round_prefer_floor": lambda at: math.ceil(at - Fraction(1, 2)),
    "round_prefer_ceil": lambda at: math.floor(at + Fraction(1, 2)),
    "floor": math.floor,
    "ceil": math.ceil,
}


class Grid:
    """Where the windows over an array (N, C, *spatial) lie."""

    def __init__(
        self,
        spatial: Sequence[int],
        kernel: Sequence[int],
        strides: Axes,
        dilations: Axes,
        pads: Axes,
        auto_pad: str,
        ceil_mode: int = 0,
    ) -> None:
        rank = len(kernel)
        self.kernel, self.strides = tuple(kernel), tuple(strides or (1,) * rank)
        self.dilations, pads = tuple(dilations or (1,) * rank), list(pads or (0,) * 2 * rank)
        if rank != len(spatial) or {len(self.strides), len(self.dilations), len(pads) / 2} != {rank}:
            raise ValueError("as many numbers as there are axes")
        if min(*self.kernel, *self.strides, *self.dilations) < 1 or min(pads) < 0:
            raise ValueError("positive steps, and no negative padding")
        if auto_pad not in ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"):
            raise ValueError(f"no padding {auto_pad}")
        if auto_pad != "NOTSET" and any(pads):
            raise ValueError("either pads or auto_pad")
        self.reach = [(k - 1) * d + 1 for k, d in zip(self.kernel, self.dilations, strict=True)]
        self.before, self.after = pads[:rank], pads[rank:]
        if auto_pad.startswith("SAME"):
            self._pad_to_same(spatial, auto_pad)
        spans = list(zip(self.before, spatial, self.after, self.reach, self.strides, strict=True))
        self.counts = [(b + n + a - r) // s + 1 for b, n, a, r, s in spans]
        if ceil_mode:
            for axis, (b, n, a, r, s) in enumerate(spans):
                more = -(-(b + n + a - r) // s) + 1
                more -= (more - 1) * s >= b + n  # a window begins on the map or in front of it
                self.after[axis] = max(a, (more - 1) * s + r - b - n)
                self.counts[axis] = more
        if min(self.counts) < 1:
            raise ValueError("the window is larger than the map")

    def _pad_to_same(self, spatial: Sequence[int], mode: str) -> None:
        for axis, (n, s, r) in enumerate(zip(spatial, self.strides, self.reach, strict=True)):
            total = max((-(-n // s) - 1) * s + r - n, 0)
            less, more = total // 2, total - total // 2
            self.before[axis], self.after[axis] = (less, more) if mode == "SAME_UPPER" else (more, less)

    def taps(self, x: NDArray[Any], fill: Any) -> NDArray[Any]:
        """(taps, N, C, *positions): what each tap of the window sees; beyond the map that is ``fill``."""
        edges = [(0, 0), (0, 0), *zip(self.before, self.after, strict=True)]
        padded = np.pad(x, edges, constant_values=fill)
        cuts = []
        for tap in np.ndindex(*self.kernel):
            starts = [t * d for t, d in zip(tap, self.dilations, strict=True)]
            ends = zip(starts, self.counts, self.strides, strict=True)
            at: tuple[Any, ...] = tuple(slice(a, a + (c - 1) * s + 1, s) for a, c, s in ends)
            cuts.append(padded[(..., *at)])
        return np.stack(cuts)


@operator("Conv")
def run_conv(
    self: Any,
    x: NDArray[Any],
    weights: NDArray[Any],
    bias: NDArray[Any] | None = None,
    auto_pad: str = "NOTSET",
    dilations: Axes = None,
    group: int = 1,
    kernel_shape: Axes = None,
    pads: Axes = None,
    strides: Axes = None,
) -> tuple[Any, ...]:
    rows, depth, *kernel = weights.shape
    if depth * group != x.shape[1] or rows % group or list(kernel_shape or kernel) != kernel:
        raise ValueError("weights that do not fit")
    taps = Grid(x.shape[2:], kernel, strides, dilations, pads, auto_pad).taps(x, x.dtype.type(0))
    parts = []
    for part, own in zip(np.split(taps, group, axis=2), np.split(weights, group), strict=True):
        columns = np.moveaxis(part, (2, 0), (-2, -1)).reshape(len(x), *taps.shape[3:], -1)
        parts.append(columns @ own.reshape(len(own), -1).T)
    result = np.moveaxis(np.concatenate(parts, axis=-1), -1, 1)
    if bias is None:
        return (result,)
    if bias.shape != (rows,):
        raise ValueError("one bias a row")
    return (result + bias.reshape(-1, *(1,) * len(kernel)),)


@operator("MaxPool")
def run_max_pool(
    self: Any,
    x: NDArray[Any],
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    dilations: Axes = None,
    kernel_shape: Axes = None,
    pads: Axes = None,
    storage_order: int = 0,
    strides: Axes = None,
) -> tuple[Any, ...]:
    grid = Grid(x.shape[2:], kernel_shape or (), strides, dilations, pads, auto_pad, ceil_mode)
    least = np.iinfo(x.dtype).min if x.dtype.kind in "iu" else -np.inf
    if x.dtype == bool:  # which has nothing below all
        x, least = x.astype(np.uint8), 0
    return (grid.taps(x, least).max(axis=0),)


@operator("GlobalMaxPool")
def run_global_max_pool(self: Any, x: NDArray[Any]) -> tuple[Any, ...]:
    """The evaluator's own takes the greatest of all channels where a map has one axis."""
    return (x.max(axis=tuple(range(2, x.ndim)), keepdims=True),)


@operator("AveragePool")
def run_average_pool(
    self: Any,
    x: NDArray[Any],
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    count_include_pad: int = 0,
    dilations: Axes = None,
    kernel_shape: Axes = None,
    pads: Axes = None,
    strides: Axes = None,
) -> tuple[Any, ...]:
    grid = Grid(x.shape[2:], kernel_shape or (), strides, dilations, pads, auto_pad, ceil_mode)
    if not count_include_pad:
        counted = grid.taps(np.ones((1, 1, *x.shape[2:]), dtype=int), 0).sum(axis=0)
    elif grid.counts == Grid(x.shape[2:], kernel_shape or (), strides, dilations, pads, auto_pad).counts:
        counted = np.array(math.prod(grid.kernel))
    else:
        raise ValueError("tools count differently what ceil_mode adds to padding that counts")
    return (grid.taps(x, x.dtype.type(0)).sum(axis=0) / counted,)


@operator("Resize")
def run_resize(
    self: Any,
    x: NDArray[Any],
    *inputs: NDArray[Any],
    coordinate_transformation_mode: str = "half_pixel",
    nearest_mode: str = "round_prefer_floor",
    mode: str = "nearest",
    **others: Any,
) -> tuple[Any, ...]:
    """Nearest neighbours only, along all axes; what else there is says nothing about these."""
    if (
        mode != "nearest"
        or others.get("axes")
        or others.get("keep_aspect_ratio_policy") not in (None, "stretch")
    ):
        raise ValueError(f"only the nearest element, not {mode} by {others}")
    if self.run_params["opsets"].get("", 99) < 11:
        coordinate_transformation_mode, nearest_mode = "asymmetric", "floor"
    *_, amounts = (i for i in inputs if i is not None and i.size)
    sized = amounts.dtype == np.int64
    for axis, (n, amount) in enumerate(zip(x.shape, amounts.tolist(), strict=True)):
        scale = Fraction(amount, n) if sized else Fraction(amount)
        size = amount if sized else math.floor(n * scale)
        places = _places(n, size, scale, coordinate_transformation_mode)
        nearest = [min(max(NEAREST[nearest_mode](at), 0), n - 1) for at in places]
        x = np.take(x, nearest, axis=axis)
    return (x,)


def _places(n: int, size: int, scale: Fraction, transform: str) -> list[Fraction]:
    """Where each element of the new axis lies on the old one."""
    half = Fraction(1, 2)
    if transform == "asymmetric":
        return [i / scale for i in range(size)]
    if transform == "half_pixel" or (transform == "pytorch_half_pixel" and size > 1):
        return [(i + half) / scale - half for i in range(size)]
    if transform == "align_corners":
        return [Fraction(i * (n - 1), size - 1) if size > 1 else Fraction(0) for i in range(size)]
    if transform == "pytorch_half_pixel":
        return [Fraction(0)] * size
    raise ValueError(f"no transformation {transform}")
