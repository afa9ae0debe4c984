"""An exact evaluator of quantised graphs, op by op from the definitions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from bnngen.ir.elementwise import Affine, Clip
from bnngen.ir.graph import Graph
from bnngen.ir.host_function import HostFunction
from bnngen.ir.layers import Convolution, Linear, Pooling, Sum
from bnngen.ir.monotone import Leaky
from bnngen.ir.moves import ChannelSlice, Concatenation, Reshape, Upsampling
from bnngen.ir.rounding import Rounding
from bnngen.ir.step import ALWAYS, Bound, Step
from bnngen.ir.window import Window
from bnngen.numbers.exact import Exact, exact_array
from bnngen.ops.argmax import ClassIndex
from bnngen.reference.network import Network

Numbers = np.ndarray
"""Object arrays of int, Fraction and Exact."""


def _linear(op: Linear, x: Numbers) -> Numbers:
    flat = x.reshape(-1)
    rows = [sum((v * int(w) for v, w in zip(flat, row, strict=True)), Exact()) for row in op.weights]
    return exact_array(rows)


def window_taps(window: Window, shape: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], list[Any]]]:
    """Each output position with the positions of its taps, None for those in the padding."""
    for position in itertools.product(*map(range, window.outputs(shape))):
        first = [p * s - b for p, s, b in zip(position, window.strides, window.before, strict=True)]
        taps = []
        for k in itertools.product(*map(range, window.kernel)):
            at = tuple(f + i * d for f, i, d in zip(first, k, window.dilations, strict=True))
            inside = all(0 <= a < n for a, n in zip(at, shape, strict=True))
            taps.append(at if inside else None)
        yield position, taps


def _convolution(op: Convolution, x: Numbers) -> Numbers:
    *spatial, channels = x.shape
    out = np.empty((*op.window.outputs(tuple(spatial)), len(op.weights)), dtype=object)
    size = channels // op.groups
    for position, taps in window_taps(op.window, tuple(spatial)):
        for n, row in enumerate(op.weights):
            group = range((n // (len(op.weights) // op.groups)) * size, channels)[:size]
            seen = [op.pad if at is None else x[(*at, c)] for at in taps for c in group]
            out[(*position, n)] = sum((v * int(w) for v, w in zip(seen, row, strict=True)), Exact())
    return out


def _max_pool(op: Pooling, x: Numbers) -> Numbers:
    *spatial, channels = x.shape
    out = np.empty((*op.window.outputs(tuple(spatial)), channels), dtype=object)
    for position, taps in window_taps(op.window, tuple(spatial)):
        for c in range(channels):
            pick = min if op.least[c % len(op.least)] else max
            out[(*position, c)] = pick(x[(*at, c)] for at in taps if at is not None)
    return out


def _affine(op: Affine, x: Numbers) -> Numbers:
    out = np.empty(x.shape, dtype=object)
    for index, value in np.ndenumerate(x):
        c = index[-1]
        out[index] = op.mul[min(c, len(op.mul) - 1)] * value + op.add[min(c, len(op.add) - 1)]
    return out


def _clip(op: Clip, x: Numbers) -> Numbers:
    low = x if op.low is None else np.where(x < op.low, exact_array(op.low), x)
    return low if op.high is None else np.where(low > op.high, exact_array(op.high), low)


def _passes(b: Bound, x: Exact, falling: bool) -> bool:
    if b.value is None:
        return b == ALWAYS
    if falling:
        return x < b.value if b.strict else x <= b.value
    return x > b.value if b.strict else x >= b.value


def _step(op: Step, x: Numbers) -> Numbers:
    out = np.empty(x.shape, dtype=object)
    for index, value in np.ndenumerate(x):
        c = min(index[-1], len(op.rows) - 1)
        count = sum(_passes(b, value, op.falling[c]) for b in op.rows[c])
        out[index] = Exact.of(2 * count - 1 if op.type.bipolar else op.type.lo + count)
    return out


def _reshape(op: Reshape, x: Numbers) -> Numbers:
    """In the file's order: channel by channel, each with its positions; then what changes places."""
    channels = x.shape[-1]
    elements = [v for c in range(channels) for v in x.reshape(-1, channels)[:, c]]
    for shape, axes in op.transpositions:
        places = itertools.product(*(range(shape[axis]) for axis in axes))
        strides = [int(np.prod(shape[axis + 1 :])) for axis in axes]
        elements = [elements[sum(p * s for p, s in zip(place, strides, strict=True))] for place in places]
    out = np.empty(op.output_shape([x.shape]), dtype=object)
    for element, (channel, *position) in zip(elements, np.ndindex(*op.shape), strict=True):
        out[(*position, channel)] = element
    return out


def _argmax(op: ClassIndex, x: Numbers) -> Numbers:
    out = np.empty((*op.spatial, 1), dtype=object)
    for *position, _ in np.ndindex(out.shape):
        offsets = op.offsets or (0,) * op.elements
        scores = [v * 2**op.shift + b for v, b in zip(x[tuple(position)].reshape(-1), offsets, strict=True)]
        out[(*position, 0)] = Exact.of(scores.index(max(scores)))
    return out


def _sum(op: Sum, *inputs: Numbers) -> Numbers:
    factors = [exact_array(factor) for factor in op.factors]
    return sum((x * factor for x, factor in zip(inputs, factors, strict=True)), 0 * inputs[0])


def _concat(op: Concatenation, *inputs: Numbers) -> Numbers:
    return np.concatenate(inputs, axis=-1)


def _upsample(op: Upsampling, x: Numbers) -> Numbers:
    out = np.empty(op.output_shape([x.shape]), dtype=object)
    for (*position, c), _ in np.ndenumerate(out):
        out[(*position, c)] = x[(*(p // f for p, f in zip(position, op.factors, strict=True)), c)]
    return out


def _leaky(op: Leaky, x: Numbers) -> Numbers:
    out = np.empty(x.shape, dtype=object)
    for index, value in np.ndenumerate(x):
        out[index] = value if value >= 0 else op.slopes[min(index[-1], len(op.slopes) - 1)] * value
    return out


def _rounding(op: Rounding, x: Numbers) -> Numbers:
    functions: dict[str, Callable[[Exact], int]] = {
        "half_even": _to_even,
        "floor": math.floor,
        "ceil": math.ceil,
    }
    return exact_array([functions[op.mode](v) for v in x.reshape(-1)]).reshape(x.shape)


def _to_even(value: Exact) -> int:
    above = math.floor(value + Fraction(1, 2))
    return above - 1 if value + Fraction(1, 2) == above and above % 2 else above


EVALUATORS: dict[type, Callable[..., Numbers]] = {
    Linear: _linear,
    Convolution: _convolution,
    Pooling: _max_pool,
    Affine: _affine,
    Clip: _clip,
    Leaky: _leaky,
    Rounding: _rounding,
    Step: _step,
    Reshape: _reshape,
    ClassIndex: _argmax,
    Sum: _sum,
    Concatenation: _concat,
    ChannelSlice: lambda op, x: x[..., op.first : op.last],
    Upsampling: _upsample,
    HostFunction: lambda op, x: x,  # keeps the order; its values are no exact numbers
}


def evaluate(graph: Graph, x: Any) -> list[Exact]:
    """What a graph computes of one frame: exactly, channels last, flat."""
    tensors = {graph.input_name: exact_array(x).reshape(graph.input_shape)}
    for node in graph.nodes:
        tensors[node.name] = EVALUATORS[type(node.op)](node.op, *(tensors[name] for name in node.inputs))
    return list(tensors[graph.output].reshape(-1))


def run_exactly(network: Network, x: Any) -> list[Exact]:
    """The network's exact outputs: quantiser, integer layers, and the host's affine."""
    codes = network.quantizer.quantize(np.array(x, dtype=np.float64).reshape(1, *network.input_shape))
    y = network.run(codes)[0]
    mul, add = network.host.mul, network.host.add
    return [mul[c % len(mul)] * int(v) + add[c % len(add)] for c, v in enumerate(y)]
