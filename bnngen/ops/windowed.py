"""What layers with a sliding window have in common."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from bnngen.cost.option import Option
from bnngen.ir.graph import Shape
from bnngen.ir.window import Axes, Window
from bnngen.ops.layer import Plain


class Windowed(Plain):
    """A layer whose ``window`` moves over maps of shape ``spatial``, (H, W) or (L,), with ``channels``
    channels; it makes ``channels_out`` of them."""

    window: Window
    spatial: Axes

    @property
    def channels(self) -> int:
        """C."""
        raise NotImplementedError

    @property
    def channels_out(self) -> int:
        """N."""
        raise NotImplementedError

    @property
    def positions(self) -> Axes:
        """The shape of the output map."""
        return self.window.outputs(self.spatial)

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Layer`."""
        shape = (*self.spatial, self.channels)
        if inputs[0] != shape:
            raise ValueError(f"takes a tensor of shape {shape}, not of shape {inputs[0]}")
        return (*self.positions, self.channels_out)

    @property
    def elements_in(self) -> int:
        """Elements of an input map."""
        return math.prod(self.spatial) * self.channels

    @property
    def elements_out(self) -> int:
        """Elements of an output map."""
        return math.prod(self.positions) * self.channels_out

    def figures(self, option: Option | None) -> dict[str, Any]:
        """The window, and the positions that it takes."""
        figures = {"window": str(self.window), "positions": list(self.positions)}
        return figures | super().figures(option)
