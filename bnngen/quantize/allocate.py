"""Bits for each layer, for the best signal-to-quantization-noise ratio at a size.

Lin, Talathi and Annapureddy, "Fixed Point Quantization of Deep Convolutional Networks", ICML 2016: each layer
adds its noise, a bit more makes that noise 4 times weaker (6.02 dB), and at a given sum of the noise the size
is least where the bits of two layers differ by log4 of the inverse ratio of their numbers of weights.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import UsageError

LEAST, MOST = 2, 8


def allocate(sizes: Sequence[int], budget: int) -> list[int]:
    """The bits of each layer, 2 to 8, whose ``sizes`` weights then take at most ``budget`` bits.

    The closed form gives real numbers, which are cut to whole ones; what is left of the budget goes where a
    bit lessens the noise most for its size. Where cutting costs more than the closed form gains, it is the
    same number of bits for all layers, filled in the same way.
    Raises UsageError if the budget is below 2 bits a weight.
    """
    weights = np.asarray(sizes, np.float64)
    if budget < LEAST * weights.sum():
        raise UsageError(
            f"{sum(sizes):,} weights take {LEAST * sum(sizes):,} bits or more; found a budget of {budget:,}"
        )
    uniform = np.full(len(sizes), min(MOST, budget / weights.sum()))
    starts = (closed_form(weights, budget), uniform)
    found = [_filled(np.floor(start).astype(int), weights, budget) for start in starts]
    return [int(b) for b in min(found, key=lambda bits: (4.0**-bits).sum())]


def _filled(bits: NDArray[np.int64], weights: NDArray[np.float64], budget: int) -> NDArray[np.int64]:
    """More bits, as long as the budget has room."""
    while True:
        gain = np.where((bits < MOST) & (weights <= budget - bits @ weights), 4.0**-bits / weights, 0)
        if not gain.any():
            return bits
        bits = bits + (np.arange(len(bits)) == gain.argmax())


def closed_form(weights: NDArray[np.float64], budget: float) -> NDArray[np.float64]:
    """The real numbers of bits, between 2 and 8, that use the budget up, or 8 where it is large enough.

    All layers get level - log4(weights), clipped; the level is found by halving.
    """
    low, high = 0.0, MOST + np.log(weights.max()) / np.log(4)
    for _ in range(100):
        level = (low + high) / 2
        bits = np.clip(level - np.log(weights) / np.log(4), LEAST, MOST)
        low, high = (level, high) if bits @ weights <= budget else (low, level)
    result: NDArray[np.float64] = np.clip(low - np.log(weights) / np.log(4), LEAST, MOST)
    return result
