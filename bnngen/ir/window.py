"""Sliding windows: which elements of a map each output position sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from bnngen_hw.buffers.window_plan import WindowPlan

Axes = tuple[int, ...]
"""One number for each spatial axis: (H, W), or (L,)."""


@dataclass(frozen=True)
class Window:
    """``kernel`` taps along each axis, ``dilations`` apart; windows are ``strides`` apart.

    ``before`` and ``after`` are the padded positions at the start and at the end of each axis. Raises
    ValueError if the axes disagree, or a number makes no sense.
    """

    kernel: Axes
    strides: Axes
    dilations: Axes
    before: Axes
    after: Axes

    def __post_init__(self) -> None:
        fields = (self.kernel, self.strides, self.dilations, self.before, self.after)
        if len({len(axes) for axes in fields}) != 1 or len(self.kernel) not in (1, 2):
            raise ValueError(f"has a window over {', '.join(str(len(axes)) for axes in fields)} axes")
        if min((*self.kernel, *self.strides, *self.dilations)) < 1:
            raise ValueError(
                f"has kernel {self.kernel}, strides {self.strides} and dilations {self.dilations}; "
                "accepted are 1 and above"
            )
        if min((*self.before, *self.after)) < 0:
            raise ValueError(f"has padding {self.before} and {self.after}; accepted are 0 and above")

    @classmethod
    def plain(cls, kernel: Axes, strides: Axes | None = None) -> Window:
        """Without padding and dilation; without ``strides`` each window follows the next one's first tap."""
        ones, none = (1,) * len(kernel), (0,) * len(kernel)
        return cls(kernel, strides or ones, ones, none, none)

    @property
    def taps(self) -> int:
        """Positions that a window sees."""
        return prod(self.kernel)

    @property
    def column(self) -> Window:
        """The same window one position wide, at every position of the last axis."""
        last = {"kernel": 1, "strides": 1, "dilations": 1}
        return replace(self, **{name: (*getattr(self, name)[:-1], one) for name, one in last.items()})

    @property
    def reach(self) -> Axes:
        """From a window's first tap to its last one, both counted, along each axis."""
        return tuple((k - 1) * d + 1 for k, d in zip(self.kernel, self.dilations, strict=True))

    @property
    def padded(self) -> bool:
        """Whether there is any padding."""
        return any((*self.before, *self.after))

    def outputs(self, spatial: Axes) -> Axes:
        """Output positions along each axis. Raises ValueError if no window fits."""
        if len(spatial) != len(self.kernel):
            raise ValueError(f"takes maps of {len(self.kernel)} axes, not of shape {spatial}")
        sizes = tuple(b + n + a for b, n, a in zip(self.before, spatial, self.after, strict=True))
        if any(size < reach for size, reach in zip(sizes, self.reach, strict=True)):
            raise ValueError(
                f"has a window of {self.reach} positions, which the map of {sizes}, padding included, is "
                "too small for"
            )
        return tuple((n - r) // s + 1 for n, r, s in zip(sizes, self.reach, self.strides, strict=True))

    def gather(self, x: NDArray[Any], fill: int) -> NDArray[Any]:
        """x (frames, *spatial, C) to its windows (frames, *outputs, *kernel, C), a view where that can be;
        padded positions hold ``fill``."""
        rank = len(self.kernel)
        if self.padded:
            edges = [(0, 0), *zip(self.before, self.after, strict=True), (0, 0)]
            x = np.pad(x, edges, constant_values=fill)
        axes = tuple(range(1, rank + 1))
        views = sliding_window_view(x, self.reach, axis=axes)
        steps = (slice(None), *(slice(None, None, s) for s in self.strides), slice(None))
        views = views[(*steps, *(slice(None, None, d) for d in self.dilations))]
        return np.moveaxis(views, rank + 1, -1)

    def plan(self, spatial: Axes, words: int, repeats: int = 1, groups: int = 1) -> WindowPlan:
        """The order in which hardware reads a map whose positions have ``words`` words: see `WindowPlan`. A
        map of one axis is one row."""
        axes = (spatial, self.kernel, self.strides, self.dilations, self.before, self.after)
        neutral = (1, 1, 1, 1, 0, 0)
        size, kernel, strides, dilations, before, after = (
            (numbers[0], numbers[1]) if len(numbers) == 2 else (single, numbers[0])
            for numbers, single in zip(axes, neutral, strict=True)
        )
        return WindowPlan(size, words, kernel, strides, dilations, before, after, repeats, groups)

    def __str__(self) -> str:
        return " ".join(self._words())

    def _words(self) -> Iterator[str]:
        yield "x".join(map(str, self.kernel))
        if set(self.strides) != {1}:
            yield f"stride {'x'.join(map(str, self.strides))}"
        if set(self.dilations) != {1}:
            yield f"dilation {'x'.join(map(str, self.dilations))}"
        if self.padded:
            yield f"padding {'x'.join(map(str, self.before))}"
