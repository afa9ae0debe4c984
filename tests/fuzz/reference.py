"""What a model file means, by onnx's reference evaluator: in doubles, or in exact fractions."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from tests.fuzz import functions, quantized, transposed, windows  # noqa: F401 - add their operators
from tests.fuzz.lift import lifted
from tests.fuzz.operators import IN_FRACTIONS, OPERATORS, exact

MOST_BATCH = 64
TREMOR, COARSE = 2.0**-22, 2.0**12
"""By what share constants are shaken, about as single precision rounds; multiples of one over the second stay."""


class Reference:
    """One file, ready to be evaluated. Raises whatever the evaluator raises for a file that it can't take."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.evaluator = ReferenceEvaluator(lifted(model), new_ops=list(OPERATORS))
        known = self.evaluator.rt_inits_
        (self.input,) = (name for name in self.evaluator.input_names if name not in known)
        (self.output,) = self.evaluator.output_names
        (source,) = (i for i in model.graph.input if i.name == self.input)
        first = [d.dim_value for d in source.type.tensor_type.shape.dim][:1]
        self.batch = next((size for size in first if 0 < size <= MOST_BATCH), None)
        """The batch size that the file states, if that is reasonable, or None."""

    def tensors(self, x: NDArray[np.float64]) -> dict[str, Any]:
        """Every tensor of the file for the frames ``x`` (N, ...)."""
        with np.errstate(all="ignore"):
            result: dict[str, Any] = self.evaluator.run(None, {self.input: x}, intermediate=True)
            return result

    def greatest(self, x: NDArray[np.float64]) -> float:
        """The greatest magnitude in any tensor for the frames ``x``."""
        numbers = [np.abs(np.asarray(t, np.float64)).max(initial=0) for t in self.tensors(x).values()]
        return float(np.nanmax(numbers))

    def real(self, x: NDArray[np.float64], batch: int | None) -> NDArray[Any]:
        """The output for the frames ``x`` (N, ...), so many at a time, or all of them."""
        size = batch or len(x)
        parts = [self.tensors(x[start : start + size])[self.output] for start in range(0, len(x), size)]
        return np.concatenate([np.reshape(p, (size, -1)) if batch else p for p in parts])

    def shaken(self, x: NDArray[np.float64], batch: int | None, seed: int) -> NDArray[Any]:
        """The output in doubles, with all constants that are not on a coarse grid a little off."""
        constants, random = self.evaluator.rt_inits_, np.random.default_rng(seed)
        self.evaluator.rt_inits_ = {k: _shaken(v, random) for k, v in constants.items()}
        try:
            return self.real(x, batch)
        finally:
            self.evaluator.rt_inits_ = constants

    def exact(self, x: NDArray[np.float64], batch: int | None) -> NDArray[Any]:
        """The same in fractions, which no rounding touches; slow."""
        doubles = self.evaluator.rt_inits_
        self.evaluator.rt_inits_ = {k: exact(v) if v.dtype == np.float64 else v for k, v in doubles.items()}
        token = IN_FRACTIONS.set(True)
        try:
            return self.real(exact(x), batch)
        finally:
            IN_FRACTIONS.reset(token)
            self.evaluator.rt_inits_ = doubles


def _shaken(array: NDArray[Any], random: np.random.Generator) -> NDArray[Any]:
    if array.dtype != np.float64:
        return array
    moved = array * (1 + TREMOR * random.choice([-1, 1], array.shape))
    result: NDArray[Any] = np.where(array * COARSE == np.rint(array * COARSE), array, moved)
    return result
