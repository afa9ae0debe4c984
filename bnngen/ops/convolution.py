"""The layer of a convolution, and what its padded positions hold."""

from __future__ import annotations

from bnngen.base.errors import ModelError
from bnngen.ir.layers import Convolution
from bnngen.numbers.datatypes import IntType
from bnngen.ops.conv2d import Conv2d
from bnngen.ops.dense import greatest_sum
from bnngen.ops.lowering import Site, check_sum, lowers


@lowers(Convolution)
def lower(op: Convolution, site: Site) -> Conv2d:
    """The layer of a convolution. Raises ModelError if its padding is none of the input's integers."""
    check_sum(site.name, greatest_sum(op.weights, site.types[0]))
    pad, type_ = _pad(op, site)
    return Conv2d(op.weights, op.window, site.shapes[0][:-1], type_, op.groups, pad)


def _pad(op: Convolution, site: Site) -> tuple[int, IntType]:
    """What the padded positions hold, and the type of all elements: an integer that the bits of the input's
    type hold, or 0 between -1 and +1."""
    type_ = site.types[0]
    if not op.window.padded:
        return 0, type_
    if op.pad.is_rational and op.pad.fraction().denominator == 1:
        pad = int(op.pad.fraction())
        wide = type_ if type_.bipolar else IntType(min(type_.lo, pad), max(type_.hi, pad))
        if wide.encoding == type_.encoding and wide.lo <= pad <= wide.hi:
            return pad, wide
    raise ModelError(
        site.name,
        f"pads with {float(op.pad):g} where its input holds {type_}; accepted is one of these integers: "
        "quantise the input so that 0 is one of its values",
    )
