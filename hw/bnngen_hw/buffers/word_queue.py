"""A queue of words in RAM: a sliding window of one tap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bnngen_hw.buffers.window import SlidingWindow
from bnngen_hw.buffers.window_plan import WindowPlan
from bnngen_hw.timing import queue


def word_queue(words: int, width: int, capacity: int, style: str) -> SlidingWindow:
    """A queue of ``capacity`` words of ``width`` bits, ``words`` a frame, in RAM of ``style``. A word leaves
    2 cycles after it came at the earliest; the one that waits at the output is none of the capacity."""
    return SlidingWindow(WindowPlan((1, words), 1, (1, 1)), width, capacity, style=style)


def words_waiting(come: NDArray[np.integer], go: NDArray[np.integer]) -> int:
    """The most words that wait in such a queue at any time, if words come in the cycles ``come`` and are
    taken from its output in the cycles ``go``: a capacity of so many takes each word at once."""
    taken = queue(come)
    read = np.maximum(taken + 1, np.concatenate([[0], go[:-1]]))
    left = np.searchsorted(read + 1, taken, side="right")
    return int((np.arange(1, len(taken) + 1) - left).max())
