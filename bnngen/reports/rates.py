"""The two rates of a design on a board: the accelerator's, and that of the serial line that feeds it."""

from __future__ import annotations

FAR_APART = 4
"""An accelerator that is so much faster than its line mostly waits."""


def line_rate(fps: float, link_fps: float, hint: bool = True) -> str:
    """The rate of the serial line in words and, with ``hint``, what to do where the accelerator's rate
    ``fps`` is far greater. Both are frames a second."""
    text = f"{link_fps:,.0f} frames/s"
    if hint and fps > FAR_APART * link_fps:
        return f"{text}, far less: --fps link is enough for it"
    return text
