"""ConvTranspose for onnx's reference evaluator, whose own is wrong for groups.

It is written from ONNX's definition, not from the importer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def conv_transpose(
    self: Any,
    x: Floats,
    w: Floats,
    bias: Floats | None = None,
    strides: Sequence[int] | None = None,
    dilations: Sequence[int] | None = None,
    pads: Sequence[int] | None = None,
    output_padding: Sequence[int] | None = None,
    group: int = 1,
    **unused: object,
) -> tuple[Any, ...]:
    """Each element of the input adds its multiple of the kernel to the output; then the padding goes."""
    rank = x.ndim - 2
    strides, dilations = strides or [1] * rank, dilations or [1] * rank
    pads, more = pads or [0] * 2 * rank, output_padding or [0] * rank
    reach = [(k - 1) * d + 1 for k, d in zip(w.shape[2:], dilations, strict=True)]
    sizes = [(n - 1) * s + r + m for n, s, r, m in zip(x.shape[2:], strides, reach, more, strict=True)]
    each = w.shape[1]
    whole = np.zeros((len(x), each * group, *sizes))
    for number, (inputs, weights) in enumerate(zip(np.split(x, group, 1), np.split(w, group), strict=True)):
        for tap in np.ndindex(*w.shape[2:]):
            axes = zip(tap, dilations, strides, x.shape[2:], strict=True)
            places = (slice(t * d, t * d + (n - 1) * s + 1, s) for t, d, s, n in axes)
            made = np.einsum("nc...,co->no...", inputs, weights[(slice(None), slice(None), *tap)])
            whole[(slice(None), slice(number * each, (number + 1) * each), *places)] += made
    cut = (slice(a, n - b) for a, b, n in zip(pads[:rank], pads[rank:], sizes, strict=True))
    y = whole[(slice(None), slice(None), *cut)]
    return (y if bias is None else y + bias.reshape(-1, *(1,) * rank),)
