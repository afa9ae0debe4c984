"""What stands in a graph for a layer that could not be read, so that those around it can be judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bnngen.ir.graph import Shape


@dataclass(frozen=True)
class Unread:
    """A fresh real tensor of ``shape``, channels last, whatever the inputs are. No network is made of it."""

    shape: Shape

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        return self.shape
