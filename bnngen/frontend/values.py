"""What a tensor name of an ONNX file stands for while the file is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.frontend.limits import MOST_EXACT
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import ExactArray, exact_array

OnnxShape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Constant:
    """A known array: numbers as the file has them, or exact ones (an object array of Exact).

    ``of_batch`` says that one of them is the batch size, which may stand in a shape and nowhere else.
    ``type``: the integers that the file's type can hold, where numpy has no such type.
    """

    array: NDArray[Any]
    of_batch: bool = False
    type: IntType | None = None

    @property
    def shape(self) -> OnnxShape:
        """Its shape."""
        return self.array.shape

    def exact(self) -> ExactArray:
        """Raises ValueError for NaN and infinity, and for more numbers than exact arithmetic is done with."""
        if self.array.size > MOST_EXACT:
            raise ValueError(
                f"computes with {self.array.size:,} numbers of a constant; "
                f"at most {MOST_EXACT:,} are supported"
            )
        return self.array if self.array.dtype == object else exact_array(self.array)


@dataclass(frozen=True, eq=False)
class QuantizedConstant:
    """A known array ints*scale + offset, where scale and offset broadcast against ints."""

    ints: NDArray[np.int64]
    scale: ExactArray
    offset: ExactArray

    @property
    def shape(self) -> OnnxShape:
        """Its shape."""
        return self.ints.shape

    def exact(self) -> ExactArray:
        """The real numbers that it stands for, exactly."""
        result: ExactArray = exact_array(self.ints) * self.scale + self.offset
        return result


@dataclass(frozen=True)
class Activation:
    """A tensor that depends on the input: its name in the graph, and its shape in the file (batch first).

    ``holds``: the integers that it holds, where its reader knows that; a comparison's 0 and 1, for example.
    """

    name: str
    shape: OnnxShape
    holds: IntType | None = None


Value = Constant | QuantizedConstant | Activation
