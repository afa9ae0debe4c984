"""The order in which a sliding window reads a map, worked out before there is any hardware."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Pair = tuple[int, int]
"""One number for the rows and one for the columns of a map."""


class Loop(NamedTuple):
    """``turns``, each ``stride`` words from the one before."""

    name: str
    turns: int
    stride: int


class Steps(NamedTuple):
    """What a counter adds when the window moves: along a row from column ``columns[x]`` on, from the end of
    row ``rows[y]`` to the next one, and from the last position to the next map's first. ``moves[y]``:
    whether the steps along row y count."""

    columns: Integers
    rows: Integers
    end: int
    moves: NDArray[np.bool_]


@dataclass(frozen=True)
class WindowPlan:
    """A window over maps of ``size`` positions, each of ``words`` words of channels.

    ``kernel`` taps, ``dilations`` apart; windows are ``strides`` apart; ``before`` and ``after`` positions
    of padding. A window is read group by group, each of ``words`` / ``groups`` words of every tap, those of
    a tap in a row; each group is read ``repeats`` times. Each row of windows comes ``row_repeats`` times;
    where the words are ``spread``, each time with another share of them, the first ones first. All words of
    all maps are numbered as they come in.

    Raises ValueError for numbers that make no sense, or if no window fits.
    """

    size: Pair
    words: int
    kernel: Pair
    strides: Pair = (1, 1)
    dilations: Pair = (1, 1)
    before: Pair = (0, 0)
    after: Pair = (0, 0)
    repeats: int = 1
    groups: int = 1
    row_repeats: int = 1
    spread: bool = False

    def __post_init__(self) -> None:
        positive = (*self.size, self.words, self.groups, *self.kernel, *self.strides, *self.dilations)
        if min((*positive, self.repeats, self.row_repeats)) < 1 or min((*self.before, *self.after)) < 0:
            raise ValueError(f"a window's numbers must be at least 1, and its padding at least 0: {self}")
        if self.words % self.groups:
            raise ValueError(f"groups must divide the words: {self}")
        if self.spread and (self.words % self.row_repeats or self.groups > 1):
            raise ValueError(f"as many shares as there are repeats of a row must divide the words: {self}")
        if min(self._outputs(axis) for axis in (0, 1)) < 1:
            raise ValueError(f"no window fits: {self}")

    @property
    def outputs(self) -> Pair:
        """Rows and columns of output positions."""
        return self._outputs(0) * self.row_repeats, self._outputs(1)

    def _outputs(self, axis: int) -> int:
        reach = (self.kernel[axis] - 1) * self.dilations[axis] + 1
        return (self.before[axis] + self.size[axis] + self.after[axis] - reach) // self.strides[axis] + 1

    @property
    def positions(self) -> int:
        """Output positions of a map."""
        return prod(self.outputs)

    @property
    def map_words(self) -> int:
        """Words of a map."""
        return prod(self.size) * self.words

    @property
    def _share(self) -> int:
        """Words of a tap that are read at a position."""
        return self.words // self.row_repeats if self.spread else self.words

    @property
    def window_beats(self) -> int:
        """Words read at a position."""
        return prod(self.kernel) * self._share * self.repeats

    @property
    def cycles(self) -> int:
        """Cycles a map, one word in and one out in each, if neither side waits for the other."""
        return max(self.map_words, self.positions * self.window_beats)

    @property
    def padded(self) -> bool:
        """Whether there is padding."""
        return any((*self.before, *self.after))

    @property
    def loops(self) -> list[Loop]:
        """The loops of the reader, the innermost first; strides are in words."""
        line, group = self.size[1] * self.words, self._share // self.groups
        return [
            Loop("word", group, 1),
            Loop("tap_x", self.kernel[1], self.dilations[1] * self.words),
            Loop("tap_y", self.kernel[0], self.dilations[0] * line),
            Loop("repeat", self.repeats, 0),
            Loop("group", self.groups, group),
            Loop("column", self._outputs(1), self.strides[1] * self.words),
            Loop("again", self.row_repeats, self._share if self.spread else 0),
            Loop("row", self._outputs(0), self.strides[0] * line),
        ]

    @property
    def address_steps(self) -> list[int]:
        """What the address grows by when each loop, from the innermost, is the outermost that goes on; and
        when all of them begin again, on the next map."""
        steps, back = [], 0
        for loop in self.loops:
            steps.append(loop.stride - back)
            back += (loop.turns - 1) * loop.stride
        return [*steps, self.map_words - back]

    @property
    def first_address(self) -> int:
        """The number of the first word read; below 0 if that is padding."""
        return -(self.before[0] * self.size[1] + self.before[1]) * self.words

    def inside(self, axis: int) -> NDArray[np.bool_]:
        """(outputs, kernel): whether a tap is a position of the map."""
        at = self._starts(axis)[:, None] + np.arange(self.kernel[axis]) * self.dilations[axis]
        return (at >= 0) & (at < self.size[axis])

    def _starts(self, axis: int) -> Integers:
        return np.arange(self._outputs(axis), dtype=np.int64) * self.strides[axis] - self.before[axis]

    def _firsts(self, axis: int) -> Integers:
        """For each output, a position up to which nothing is read."""
        return self._seen(axis, 0)

    def _lasts(self, axis: int) -> Integers:
        """For each output, a position from which on nothing is read."""
        return self._seen(axis, (self.kernel[axis] - 1) * self.dilations[axis])

    def _seen(self, axis: int, reach: int) -> Integers:
        """The position of the map that lies nearest to ``reach`` behind each output's first tap."""
        seen = np.clip(self._starts(axis) + reach, 0, self.size[axis] - 1)
        return seen if axis else np.repeat(seen, self.row_repeats)

    @cached_property
    def needs(self) -> Integers:
        """(rows, columns): how many of a map's words must be there for each window."""
        rows, columns = self._lasts(0)[:, None], self._lasts(1)
        return (rows * self.size[1] + columns + 1) * self.words

    @cached_property
    def frees(self) -> Integers:
        """(rows, columns): how many of a map's words nobody reads any more, from each window on."""
        rows, columns = self._firsts(0)[:, None], self._firsts(1)
        own = (rows * self.size[1] + columns) * self.words
        still = np.append(self._firsts(0)[1:] * self.size[1] + columns[0], prod(self.size)) * self.words
        result: Integers = np.minimum(own, still[:, None])
        return result

    @property
    def least_capacity(self) -> int:
        """Words that a buffer must hold, so that every window can be there."""
        return int((self.needs - self.frees).max())

    @property
    def need_steps(self) -> Steps:
        """The steps of ``needs``."""
        return self._steps(self.needs)

    @property
    def free_steps(self) -> Steps:
        """The steps of ``frees``."""
        return self._steps(self.frees)

    def _steps(self, table: Integers) -> Steps:
        along = np.diff(table, axis=1)
        columns = along.max(axis=0, initial=0)
        moves = np.array([row.any() for row in along])
        rows = table[1:, 0] - table[:-1, -1]
        return Steps(columns, rows, self.map_words + int(table[0, 0] - table[-1, -1]), moves)
