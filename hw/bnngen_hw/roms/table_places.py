"""Addresses of tables that depend on the fold and on the position in a map."""

from __future__ import annotations

from typing import Any

import numpy as np
from amaranth.hdl import Cat, Module, Signal, Value
from numpy.typing import NDArray

from bnngen_hw.counting import Counter, index_range, lookup
from bnngen_hw.roms.borders import Borders, Integers


class TablePlaces:
    """Addresses of tables with a word for each class of ``borders`` and each of ``folds`` folds of ``pe``
    rows.

    The address is the fold, above it the column's and the row's class, each in bits of its own, so that it
    takes no arithmetic; words that belong to nothing repeat their neighbours'.
    """

    def __init__(self, borders: Borders, folds: int, pe: int) -> None:
        self.borders, self.folds, self.pe = borders, folds, pe

    @property
    def shape(self) -> tuple[int, int, int]:
        """Row classes, column classes and folds, as many as their bits can tell."""
        rows, columns, _ = self.borders.extra.shape
        if rows * columns == 1:
            return 1, 1, self.folds
        rows, columns, folds = (1 << (n - 1).bit_length() for n in (rows, columns, self.folds))
        return rows, columns, folds

    @property
    def words(self) -> int:
        """Words of a table."""
        rows, columns, folds = self.shape
        return rows * columns * folds

    def table(self, values: NDArray[Any]) -> Integers:
        """Values (classes * N, ...) of all rows in all classes as (words, pe, ...); values (N, ...) are those
        of each class."""
        rows, columns, outputs = self.borders.extra.shape
        values = np.asarray(values, dtype=np.int64)
        rest = values.shape[1:]
        grid = np.broadcast_to(values.reshape(-1, outputs, *rest), (rows * columns, outputs, *rest))
        grid = grid.reshape(rows, columns, outputs, *rest)
        sizes = (*self.shape[:2], self.shape[2] * self.pe)
        spare = [(0, size - have) for size, have in zip(sizes, grid.shape, strict=False)]
        padded = np.pad(grid, [*spare, *[(0, 0)] * len(rest)], mode="edge")
        return padded.reshape(self.words, self.pe, *rest)

    def follow(self, m: Module, name: str, enable: Any) -> tuple[Value, Counter]:
        """The address for the vectors and folds in order, and the counter of folds; both go on in every cycle
        in which ``enable`` is high."""
        fold = Counter(self.folds, f"{name}_fold").build(m, enable)
        if self.words == self.folds:
            return fold.value, fold
        column = Counter(len(self.borders.columns), f"{name}_column").build(m, enable & fold.last)
        row = Counter(len(self.borders.rows), f"{name}_row").build(m, enable & fold.last & column.last)
        address = Signal(index_range(self.words), name=f"{name}_address")
        classes = (self._class(m, row, self.borders.rows), self._class(m, column, self.borders.columns))
        sizes = ((n - 1).bit_length() for n in self.shape)
        parts = [value[:bits] for value, bits in zip((*classes, fold.value), sizes, strict=True)]
        m.d.comb += address.eq(Cat(reversed(parts)))
        return address, fold

    def _class(self, m: Module, counter: Counter, classes: Integers) -> Value:
        found = lookup(m, f"{counter.value.name}_class", counter.value, classes)
        return found.as_unsigned()
