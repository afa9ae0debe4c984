"""What several readers put into the graph: lines, sums, clips, and the constants that they take."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from bnngen.frontend.importer import Importer
from bnngen.frontend.known import arithmetic as known
from bnngen.frontend.known.arithmetic import Settled
from bnngen.frontend.nodes.absolute import difference_of_absolutes
from bnngen.frontend.nodes.shaping import add_reshape
from bnngen.frontend.nodes.signs import as_sign
from bnngen.frontend.onnx_node import OnnxNode, channel_parameters, features, varying_axis
from bnngen.frontend.residues import remaining, remember
from bnngen.frontend.values import Activation, Constant
from bnngen.ir.elementwise import Affine, Clip
from bnngen.ir.layers import Sum
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import Exact, ExactArray, exact_array

ZERO, ONE = exact_array(0), exact_array(1)
WHOLE = range(-128, 128)
"""Results of whole numbers stay in this range, so that no type of theirs wraps."""


def known_input(node: OnnxNode, index: int) -> Settled:
    """An input that is known. Raises ModelError if it depends on the network's input."""
    value = node.input(index)
    if isinstance(value, Activation):
        raise node.error(f"takes a constant as its input {index}, not the computed tensor '{value.name}'")
    return known.settled(value)


def side(node: OnnxNode, index: int, target: Activation) -> ExactArray:
    """A constant that meets a computed tensor; along axes where its numbers are equal it has one of them."""
    value = node.input(index)
    if isinstance(value, Constant) and value.of_batch:
        raise node.error("computes with the batch size, which is not a number of the network")
    constant, rank = known_input(node, index), len(target.shape)
    spread = zip((1,) * (rank - len(constant.shape)) + constant.shape, target.shape, strict=False)
    if 0 not in constant.shape and len(constant.shape) <= rank and all(n in (1, m) for n, m in spread):
        constant = known.compact(constant)
    return constant.exact().reshape(constant.shape or (1,))


def add_clip(
    node: OnnxNode, importer: Importer, value: Activation, low: Exact | None, high: Exact | None
) -> Activation:
    """A computed tensor held between two ends, of which None is open."""
    clip = Clip(low, high)
    clipped = importer.add(node, clip, value)
    if value.holds is None:
        return clipped
    low_end, high_end = clip.reach(Exact.of(value.holds.lo), Exact.of(value.holds.hi))
    assert low_end is not None
    assert high_end is not None
    return replace(clipped, holds=IntType(math.ceil(low_end), math.floor(high_end)), signed=value.signed)


def add_sum(node: OnnxNode, importer: Importer, left: Activation, right: Activation, sign: int) -> Activation:
    """left + sign*right; where terms of sums cancel, what remains of them."""
    if left.shape != right.shape:
        raise node.error(
            f"of tensors of shapes {left.shape} and {right.shape} is not supported: both sides must have the "
            "same shape"
        )
    if left.name == right.name:
        return add_affine(node, importer, left, exact_array(1 + sign), ZERO)
    if sign < 0 and (held := difference_of_absolutes(node, importer, left, right)) is not None:
        return held
    kept = remaining(importer, left, right, sign)
    if kept is not None and len(kept) == 1:
        ((factor, value),) = kept
        return scaled(node, importer, value, exact_array(factor), ZERO, "")
    terms = kept or [(1, left), (sign, right)]
    total = importer.add(node, Sum(tuple(f for f, _ in terms)), *(v for _, v in terms))
    remember(importer, total, left, right, sign)
    if left.holds is None or right.holds is None:
        return total
    a, b = left.holds, right.holds
    ends = [Exact.of(x + sign * y) for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
    return as_whole(node, total, left if right.signed else right, ends)


def add_difference(node: OnnxNode, importer: Importer) -> Activation:
    """Input 0 less input 1, of which one at least is computed."""
    left, right = node.input(0), node.input(1)
    if isinstance(left, Activation) and isinstance(right, Activation):
        if left.shape != right.shape:
            raise node.error(f"of tensors of shapes {left.shape} and {right.shape} is not supported")
        if left.name == right.name:
            return scaled(node, importer, left, ZERO, ZERO, "_difference")
        return importer.add(node, Sum((1, -1)), left, right, suffix="_difference")
    if isinstance(left, Activation):
        return _line(node, importer, left, ONE, -side(node, 1, left))
    value = node.activation(1)
    return _line(node, importer, value, -ONE, side(node, 0, value))


def _line(
    node: OnnxNode, importer: Importer, value: Activation, mul: ExactArray, add: ExactArray
) -> Activation:
    if (mul == ONE).all() and not any(add.reshape(-1)) and add.size == 1:
        return value
    return add_affine(node, importer, real(value), mul, add, "_difference")


def scaled(
    node: OnnxNode,
    importer: Importer,
    value: Activation,
    mul: ExactArray,
    add: ExactArray,
    suffix: str = "",
) -> Activation:
    """mul*x + add, one number each or one a channel; the tensor itself, if that changes nothing."""
    if all(m == 1 for m in mul) and not any(add):
        return value
    return importer.add(node, Affine(mul, add), value, suffix=suffix)


def add_affine(
    node: OnnxNode,
    importer: Importer,
    value: Activation,
    mul: ExactArray,
    add: ExactArray,
    suffix: str = "",
) -> Activation:
    """mul*x + add, with parameters as the file has them.

    Where only one axis is longer than 1, its elements may have a parameter each: they are channels.
    """
    axes = {varying_axis(node, p, value.shape) for p in (mul, add)}
    if axes <= {None, 1} or max(value.shape[1:]) < features(value.shape):
        mul, add = (channel_parameters(node, p, value) for p in (mul, add))
        sign = None if suffix else as_sign(node, importer, value, mul, add)
        result = sign or importer.add(node, Affine(mul, add), value, suffix=suffix)
        if value.holds is None:
            return result
        return as_whole(node, result, value, _images(value.holds, mul, add))
    vector = add_reshape(node, importer, value, (features(value.shape),), f"{suffix}_vector")
    result = importer.add(node, Affine(*(p.reshape(-1) for p in (mul, add))), vector, suffix=suffix)
    return add_reshape(node, importer, result, value.shape[1:], f"{suffix}_back")


def real(value: Activation) -> Activation:
    """The same tensor as real numbers."""
    return replace(value, holds=None, signed=False)


def as_whole(node: OnnxNode, result: Activation, source: Activation, ends: Sequence[Exact]) -> Activation:
    """A ``result`` that the file keeps in the type of whole numbers of its ``source``, between these ends."""
    if not source.signed:
        raise node.error("computes in a type without a sign; cast to float first")
    low, high = int(min(ends)), int(max(ends))
    if low not in WHOLE or high not in WHOLE:
        raise node.error(
            f"makes whole numbers from {low} to {high}; accepted are {WHOLE[0]} to {WHOLE[-1]}: cast to float"
        )
    return replace(result, holds=IntType(low, high), signed=True)


def _images(type_: IntType, mul: ExactArray, add: ExactArray) -> list[Exact]:
    return [m * end + a for m in mul for a in add for end in (type_.lo, type_.hi)]
