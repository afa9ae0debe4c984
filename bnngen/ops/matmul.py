"""Integer matrix products by floating-point routines, where their exactness is proved by range."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

_EXACT_TYPES = ((np.float32, np.int32, 1 << 24), (np.float64, np.int64, 1 << 53))
"""A float type, the integers that hold its results, and the magnitude up to which it holds every integer."""

_ONE_THREAD = 1 << 18
"""OpenBLAS starts its threads above so many multiply-accumulates. On a busy machine each start may cost as
much as the product of a narrow layer with thousands of frames."""

_LEAST_BLOCK = 16
"""Products of fewer frames than these waste more than the threads do."""


@dataclass(frozen=True, eq=False)
class ExactProduct:
    """x (frames, K) times ``weights`` (N, K) transposed, as exact integers (frames, N).

    ``x_max`` bounds the magnitude of every x. A float type whose significand holds sum(|w|)*x_max of every
    row sums without rounding, in whichever order the routine adds; where none does, int64 computes. The
    weights are converted once, at the first product. (Bit-packed XNOR and popcount in numpy was measured
    too: two to three times slower than the float32 product, `make bench`.)
    """

    weights: NDArray[np.integer]
    x_max: int

    @property
    def dtype(self) -> Any:
        """The type that computes: inputs that have it already are not converted."""
        return self._types[0]

    def __call__(self, x: NDArray[np.integer]) -> NDArray[Any]:
        """x (frames, K) of any integer type to (frames, N), int32 or int64."""
        dtype, result, _ = self._types
        return self._multiply(x.astype(dtype, copy=False)).astype(result, copy=False)

    def _multiply(self, x: NDArray[Any]) -> NDArray[Any]:
        """x @ factor, a narrow factor in blocks of frames that one thread multiplies."""
        factor = self._factor
        block = _ONE_THREAD // max(1, factor.size)
        whole = len(x) // block * block if block >= _LEAST_BLOCK else 0
        if not whole:
            result: NDArray[Any] = x @ factor
            return result
        columns, rows = factor.shape
        y = np.empty((len(x), rows), factor.dtype)
        np.matmul(x[:whole].reshape(-1, block, columns), factor, out=y[:whole].reshape(-1, block, rows))
        np.matmul(x[whole:], factor, out=y[whole:])
        return y

    @property
    def bound(self) -> int:
        """No partial sum of any row, in any order, is greater in magnitude."""
        rows, columns = self.weights.shape
        if not rows or not columns:
            return 0
        peak = max(abs(int(self.weights.min())), abs(int(self.weights.max())))
        if peak * columns >= 1 << 63:  # sums of magnitudes could wrap
            return int(peak * columns * self.x_max)
        return int(np.abs(self.weights.astype(np.int64)).sum(axis=1).max()) * self.x_max

    @cached_property
    def _types(self) -> tuple[Any, Any, int]:
        bound = self.bound
        exact = (types for types in _EXACT_TYPES if bound <= types[2])
        return next(exact, (np.int64, np.int64, 0))

    @cached_property
    def _factor(self) -> NDArray[Any]:
        """The weights (K, N) in the type that computes."""
        return np.ascontiguousarray(self.weights.T.astype(self._types[0]))
