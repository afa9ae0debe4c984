"""What a read-only memory really has to store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ALWAYS_0, ALWAYS_1 = -2, -1
"""Sources of data bits that no column has to be stored for."""


@dataclass(frozen=True, eq=False)
class RomColumns:
    """The columns (one data bit over all words) of a ROM that are neither constant nor equal to another one.

    ``bits`` (words, columns): zeros and ones, in the order in which the columns first occur. ``sources``
    (width,): for each data bit the column that gives it, or `ALWAYS_0` or `ALWAYS_1`.
    """

    bits: NDArray[np.uint8]
    sources: NDArray[np.int64]

    @classmethod
    def of(cls, words: Sequence[int], width: int) -> RomColumns:
        """The columns of ``words`` of ``width`` bits."""
        bits = _bit_matrix(words, width)
        packed = np.ascontiguousarray(np.packbits(bits, axis=0).T)
        keys = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
        _, firsts, kinds = np.unique(keys, return_index=True, return_inverse=True)
        constant = bits.min(axis=0)[firsts] == bits.max(axis=0)[firsts]
        stored = np.sort(firsts[~constant])
        sources = np.searchsorted(stored, firsts).astype(np.int64)
        sources[constant] = np.where(bits[0, firsts[constant]], ALWAYS_1, ALWAYS_0)
        return cls(bits[:, stored], sources[kinds.ravel()])

    @property
    def count(self) -> int:
        """How many columns there are."""
        return int(self.bits.shape[1])

    def words(self, columns: slice, words: slice) -> list[int]:
        """A part of the columns as words, its first column lowest."""
        packed = np.packbits(self.bits[words, columns], axis=1, bitorder="little")
        return [int.from_bytes(row.tobytes(), "little") for row in packed]


def _bit_matrix(words: Sequence[int], width: int) -> NDArray[np.uint8]:
    """Words as (words, width) zeros and ones, the lowest bit first."""
    size = -(-width // 8)
    raw = np.frombuffer(b"".join(word.to_bytes(size, "little") for word in words), np.uint8)
    return np.unpackbits(raw.reshape(len(words), size), axis=1, count=width, bitorder="little")
