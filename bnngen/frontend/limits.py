"""How large what a file describes may be.

Beyond these numbers no network is meant, and reading one would take minutes or gigabytes; each is far above
what any supported board holds.
"""

from __future__ import annotations

import math

from bnngen.ir.graph import Shape

MOST_NODES = 5_000
"""Operators of a file, with the bodies of its local functions in the place of their calls."""
MOST_ELEMENTS = 1 << 24
"""Elements of a frame of one tensor, its padding counted, and of a constant that is computed at import."""
MOST_TAPS = 1 << 26
"""Elements that the windows of a frame see together: positions times taps times channels."""
MOST_EXACT = 1 << 18
"""Numbers of an array with which exact arithmetic is done."""


def check_elements(shape: Shape, what: str = "a tensor") -> None:
    """Raises ValueError if ``shape`` has more elements than a frame may have."""
    if (count := math.prod(shape)) > MOST_ELEMENTS:
        raise ValueError(f"makes {what} of {count:,} elements; at most {MOST_ELEMENTS:,} are supported")
