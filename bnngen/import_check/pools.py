"""MaxPool and AveragePool for onnx's reference evaluator, whose own are wrong for some kinds of padding.

They are written from ONNX's definitions and what onnxruntime does, not from the importer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def max_pool(
    self: Any,
    x: Floats,
    kernel_shape: Sequence[int],
    strides: Sequence[int] | None = None,
    dilations: Sequence[int] | None = None,
    pads: Sequence[int] | None = None,
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    **unused: object,
) -> tuple[Any, ...]:
    """Padded positions don't count."""
    windows = _Windows(x.shape[2:], kernel_shape, strides, dilations, pads, auto_pad, ceil_mode)
    best: Any = -np.inf
    for tap in windows.taps(x, -np.inf):
        best = np.maximum(best, tap)
    return (best,)


def average_pool(
    self: Any,
    x: Floats,
    kernel_shape: Sequence[int],
    strides: Sequence[int] | None = None,
    dilations: Sequence[int] | None = None,
    pads: Sequence[int] | None = None,
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    count_include_pad: int = 0,
    **unused: object,
) -> tuple[Any, ...]:
    """Padding counts on demand; what only ``ceil_mode`` adds never does."""
    windows = _Windows(x.shape[2:], kernel_shape, strides, dilations, pads, auto_pad, ceil_mode)
    counts = windows.taps(np.ones_like(x), 0.0, float(count_include_pad))
    return (sum(windows.taps(x, 0.0)) / sum(counts),)


class _Windows:
    """Where the windows of a pool lie."""

    def __init__(
        self,
        sizes: Sequence[int],
        kernel: Sequence[int],
        strides: Sequence[int] | None,
        dilations: Sequence[int] | None,
        pads: Sequence[int] | None,
        auto_pad: str,
        ceil_mode: int,
    ) -> None:
        rank = len(kernel)
        self.kernel, self.strides, self.dilations = kernel, strides or [1] * rank, dilations or [1] * rank
        reach = [(k - 1) * d + 1 for k, d in zip(kernel, self.dilations, strict=True)]
        pads = _pads(auto_pad, sizes, reach, self.strides) or pads or [0] * 2 * rank
        self.edges = list(zip(pads[:rank], pads[rank:], strict=True))
        self.counts, self.beyond = [], []
        for n, r, s, (before, after) in zip(sizes, reach, self.strides, self.edges, strict=True):
            whole = before + n + after
            count = (whole - r) // s + 1
            # one more, cut off at the end, if it begins in the map or in front of it
            if ceil_mode and (count - 1) * s + r < whole and count * s < before + n:
                count += 1
            self.counts.append(count)
            self.beyond.append(max(0, (count - 1) * s + r - whole))

    def taps(self, x: Floats, fill: float, pad: float | None = None) -> Iterator[Floats]:
        """For each tap what all windows see there: ``pad`` in the padding, ``fill`` behind it; without
        ``pad`` the same in both."""
        padded = np.pad(x, [(0, 0), (0, 0), *self.edges], constant_values=fill if pad is None else pad)
        padded = np.pad(padded, [(0, 0), (0, 0), *((0, b) for b in self.beyond)], constant_values=fill)
        for tap in np.ndindex(*self.kernel):
            starts = [t * d for t, d in zip(tap, self.dilations, strict=True)]
            axes = zip(starts, self.counts, self.strides, strict=True)
            yield padded[(slice(None), slice(None), *(slice(a, a + (c - 1) * s + 1, s) for a, c, s in axes))]


def _pads(
    auto_pad: str, sizes: Sequence[int], reach: Sequence[int], strides: Sequence[int]
) -> list[int] | None:
    """The padding that ``auto_pad`` asks for, all starts before all ends; None if it asks for none."""
    if not auto_pad.startswith("SAME"):
        return None
    sums = zip(sizes, reach, strides, strict=True)
    totals = [max((-(-n // s) - 1) * s + r - n, 0) for n, r, s in sums]
    less, more = [t // 2 for t in totals], [t - t // 2 for t in totals]
    return less + more if auto_pad == "SAME_UPPER" else more + less
