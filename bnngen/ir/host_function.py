"""Real functions behind a network's last integers: the host computes them, or they drop out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bnngen.ir.graph import Shape

FunctionName = Literal["Softmax", "LogSoftmax", "Sigmoid"]


@dataclass(frozen=True)
class HostFunction:
    """Softmax, its logarithm, or Sigmoid: all keep the order of the elements that are taken together.

    These are rows of ``length`` elements, ``inner`` apart, in the order that a frame has in its file;
    ``outer`` times, one block behind the other. A Sigmoid takes each element by itself: rows of 1.
    """

    name: FunctionName
    outer: int
    length: int
    inner: int

    @property
    def known_as(self) -> str:
        """Its name in messages."""
        return self.name

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        return inputs[0]

    @property
    def rows(self) -> NDArray[np.int64]:
        """(rows, length): the numbers of the elements that are taken together, in the file's order."""
        places = np.arange(self.outer * self.length * self.inner).reshape(self.outer, self.length, self.inner)
        return places.swapaxes(1, 2).reshape(-1, self.length)
