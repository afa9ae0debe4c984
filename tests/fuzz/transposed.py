"""ConvTranspose and DepthToSpace for onnx's reference evaluator, in doubles and in exact fractions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.fuzz.operators import Axes, number_like, operator

Array = NDArray[Any]


@operator("ConvTranspose")
def run_conv_transpose(
    self: Any,
    x: Array,
    weights: Array,
    bias: Array | None = None,
    auto_pad: str = "NOTSET",
    dilations: Axes = None,
    group: int = 1,
    kernel_shape: Axes = None,
    output_padding: Axes = None,
    output_shape: Axes = None,
    pads: Axes = None,
    strides: Axes = None,
) -> tuple[Any, ...]:
    """Each element of ``x`` adds the kernel, times itself, where its window lies."""
    rank = x.ndim - 2
    depth, per_group, *kernel = weights.shape
    strides, dilations = strides or [1] * rank, dilations or [1] * rank
    more, pads = output_padding or [0] * rank, list(pads or [0] * 2 * rank)
    if depth != x.shape[1] or depth % group or list(kernel_shape or kernel) != kernel or len(kernel) != rank:
        raise ValueError("weights that do not fit")
    if {len(strides), len(dilations), len(more), len(pads) / 2} != {rank} or min(pads) < 0:
        raise ValueError("as many numbers as there are axes")
    steps = list(zip(x.shape[2:], kernel, strides, dilations, more, strict=True))
    if any(p >= max(s, d) for _, _, s, d, p in steps):
        raise ValueError("more is added to the output than a step")
    whole = [s * (n - 1) + p + (k - 1) * d + 1 for n, k, s, d, p in steps]
    if output_shape or auto_pad.startswith("SAME"):
        wanted = output_shape or [n * s for n, _, s, _, _ in steps]
        totals = [w - o for w, o in zip(whole, list(wanted)[-rank:], strict=True)]
        if min(totals) < 0:
            raise ValueError("tools differ about outputs that are larger than what is computed")
        less, rest = [t // 2 for t in totals], [t - t // 2 for t in totals]
        pads = rest + less if auto_pad != "SAME_UPPER" else less + rest
    elif auto_pad not in ("NOTSET", "VALID"):
        raise ValueError(f"no padding {auto_pad}")
    y = np.full((len(x), per_group * group, *whole), number_like(0, x))
    for part, (own, kernels) in enumerate(
        zip(np.split(x, group, axis=1), np.split(weights, group), strict=True)
    ):
        rows = slice(part * per_group, (part + 1) * per_group)
        for tap in np.ndindex(*kernel):
            added = np.moveaxis(np.moveaxis(own, 1, -1) @ kernels[(slice(None), slice(None), *tap)], -1, 1)
            where = tuple(
                slice(t * d, t * d + s * (n - 1) + 1, s)
                for t, (n, _, s, d, _) in zip(tap, steps, strict=True)
            )
            y[(slice(None), rows, *where)] += added
    cut = tuple(slice(a, w - b) for a, w, b in zip(pads[:rank], whole, pads[rank:], strict=True))
    y = y[(slice(None), slice(None), *cut)]
    if 0 in y.shape:
        raise ValueError("nothing is left")
    if bias is not None:
        if bias.shape != (per_group * group,):
            raise ValueError("one bias a row")
        y = y + bias.reshape(-1, *(1,) * rank)
    return (y,)


@operator("DepthToSpace")
def run_depth_to_space(self: Any, x: Array, blocksize: int = 0, mode: str = "DCR") -> tuple[Any, ...]:
    n, c, h, w = x.shape
    b = blocksize
    if b < 1 or c % (b * b) or mode not in ("DCR", "CRD"):
        raise ValueError("channels that make no blocks")
    if mode == "DCR":
        blocks = x.reshape(n, b, b, c // (b * b), h, w).transpose(0, 3, 4, 1, 5, 2)
    else:
        blocks = x.reshape(n, c // (b * b), b, b, h, w).transpose(0, 1, 4, 2, 5, 3)
    return (blocks.reshape(n, c // (b * b), h * b, w * b),)


@operator("SpaceToDepth")
def run_space_to_depth(self: Any, x: Array, blocksize: int = 0) -> tuple[Any, ...]:
    n, c, h, w = x.shape
    b = blocksize
    if b < 1 or h % b or w % b:
        raise ValueError("a map that makes no blocks")
    blocks = x.reshape(n, c, h // b, b, w // b, b).transpose(0, 3, 5, 1, 2, 4)
    return (blocks.reshape(n, c * b * b, h // b, w // b),)
