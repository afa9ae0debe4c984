"""Random integer networks, and the windows in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from bnngen.ir.graph import Shape
from bnngen.ir.window import Window
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import exact_array
from bnngen.ops.add import Add
from bnngen.ops.argmax import ClassIndex
from bnngen.ops.concat import Concat
from bnngen.ops.conv2d import Conv2d
from bnngen.ops.dense import Dense
from bnngen.ops.layer import Layer
from bnngen.ops.max_pool import MaxPool
from bnngen.ops.slice import Slice
from bnngen.ops.threshold import Threshold
from bnngen.ops.upsample import Upsample
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.network import NETWORK_INPUT, Host, NamedLayer, Network

TYPES = {"bipolar": BIPOLAR, "binary": IntType(0, 1), "ternary": IntType(-1, 1), "unsigned3": IntType(0, 7)}
VALUES = {"bipolar": [-1, 1], "binary": [0, 1], "ternary": [-1, 0, 1], "signed3": list(range(-4, 4))}


def make_network(
    seed: int, sizes: Sequence[int], kinds: Sequence[str], weights: str = "bipolar", argmax: bool = False
) -> Network:
    """A random integer network of dense layers.

    ``sizes`` are the features before, between and after the layers; ``kinds`` name the input's type, then
    each hidden one ("bipolar", "binary", "ternary", "unsigned3"); weights are of the kind of ``weights``.
    """
    random = np.random.default_rng(seed)
    types = [TYPES[kind] for kind in kinds]
    layers: list[NamedLayer] = []
    for index, (columns, rows) in enumerate(pairwise(sizes)):
        dense = Dense(random.choice(VALUES[weights], (rows, columns)), types[index])
        if index + 1 < len(types):
            dense = replace(dense, activation=_random_threshold(random, dense, types[index + 1]))
        layers.append(NamedLayer(f"fc{index}", dense))
    if argmax:
        layers.append(NamedLayer("argmax", ClassIndex(sizes[-1], layers[-1].op.output_type)))
    return _network((sizes[0],), types[0], layers)


def layer_weights(layer: NamedLayer) -> np.ndarray:
    """Those of a layer that has some."""
    op = layer.op
    assert isinstance(op, Dense | Conv2d | Add)
    return op.weights


@st.composite
def windows(draw: st.DrawFn, spatial: tuple[int, ...]) -> Window:
    """Any window that fits: strides beyond the kernel, padding beyond the map, holes."""
    axes = []
    for size in spatial:
        kernel, dilation = draw(st.integers(1, 3)), draw(st.integers(1, 2))
        before, after = draw(st.integers(0, 2)), draw(st.integers(0, 2))
        after += max(0, (kernel - 1) * dilation + 1 - size - before - after)
        axes.append((kernel, draw(st.integers(1, 3)), dilation, before, after))
    return Window(*zip(*axes, strict=True))


@st.composite
def map_networks(draw: st.DrawFn) -> Network:
    """Integer networks of convolutions and pools over small maps, perhaps with dense layers behind."""
    random = np.random.default_rng(draw(st.integers(0, 1 << 20)))
    kinds, weights = st.sampled_from(sorted(TYPES)), st.sampled_from(sorted(VALUES))
    shape: Shape = draw(st.sampled_from([(4, 2), (7, 1), (3, 4, 1), (4, 4, 2), (1, 6, 3), (5, 5, 2)]))
    type_ = first = TYPES[draw(kinds)]
    input_shape = shape
    layers: list[NamedLayer] = []
    for number in range(draw(st.integers(1, 3))):
        *spatial, channels = shape
        window = draw(windows(tuple(spatial)))
        op: Layer
        if layers and draw(st.integers(0, 2)) == 0:
            op = MaxPool(window, tuple(spatial), random.integers(0, 2, channels).astype(bool), type_)
        else:
            groups = draw(st.sampled_from([g for g in (1, 2, channels) if channels % g == 0]))
            rows = groups * draw(st.integers(1, 3))
            values = random.choice(VALUES[draw(weights)], (rows, window.taps * channels // groups))
            pad = 0 if type_.lo <= 0 <= type_.hi else type_.lo
            conv = Conv2d(values, window, tuple(spatial), type_, groups, pad)
            op = replace(conv, activation=_random_threshold(random, conv, TYPES[draw(kinds)]))
        layers.append(NamedLayer(f"layer{number}", op))
        shape, type_ = op.output_shape([shape]), op.output_type
    if draw(st.booleans()):
        values = random.choice(VALUES[draw(weights)], (draw(st.integers(1, 4)), int(np.prod(shape))))
        layers.append(NamedLayer("fc", Dense(values, type_)))
    return _network(input_shape, first, layers)


@st.composite
def branching_networks(draw: st.DrawFn) -> Network:
    """Integer networks whose tensors have one shape at last: convolutions, pools, quantisers and sums of any
    tensors before them; some are cut and joined in another order, or repeated and pooled. In the end
    everything that nobody has read is added up. Some begin with a layer that makes its words in bursts."""
    random = np.random.default_rng(draw(st.integers(0, 1 << 20)))
    kinds = st.sampled_from(sorted(TYPES))
    shape: Shape = draw(st.sampled_from([(3,), (5, 2), (3, 3, 2), (2, 4, 1)]))
    *spatial, channels = shape
    same = Window(*((n,) * len(spatial) for n in (3, 1, 1, 1, 1))) if spatial else None
    first = TYPES[draw(kinds)]
    types, unread = {NETWORK_INPUT: first}, [NETWORK_INPUT]
    layers: list[NamedLayer] = []

    def add(op: Layer, *read: int) -> None:
        if isinstance(op, Dense | Conv2d | Add) and draw(st.booleans()):
            op = replace(op, activation=_random_threshold(random, op, TYPES[draw(kinds)]))
        layers.append(NamedLayer(f"layer{len(layers)}", op, read))
        number = len(layers) - 1
        types[number] = op.output_type
        unread[:] = [k for k in unread if k not in read] + [number]

    def add_sum(*read: int) -> None:
        factors = tuple(draw(st.sampled_from([1, 1, -1, 2])) for _ in read)
        add(Add(factors, shape, tuple(types[k] for k in read)), *read)

    def add_turned(source: int) -> None:
        """The channels of one end to the other."""
        cut, x = draw(st.integers(1, channels - 1)), types[source]
        add(Slice(shape, 0, cut, x), source)
        add(Slice(shape, cut, channels, x), source)
        ends = (len(layers) - 1, len(layers) - 2)
        add(Concat(shape[:-1], (channels - cut, cut), (x, x)), *ends)

    def add_repeated(source: int) -> None:
        factors = tuple(draw(st.integers(1, 3)) for _ in spatial)
        add(Upsample(factors, shape, types[source]), source)
        large = tuple(n * f for n, f in zip(spatial, factors, strict=True))
        least = random.integers(0, 2, channels).astype(bool)
        add(MaxPool(Window.plain(factors, factors), large, least, types[source]), len(layers) - 1)

    input_shape, known = shape, [NETWORK_INPUT]
    if bool(spatial) and draw(st.booleans()):
        strided = Window.plain((1,) * len(spatial), (2,) * len(spatial))
        larger = tuple(2 * n for n in spatial)
        values = random.choice(VALUES["bipolar"], (channels, 2))
        add(Conv2d(values, strided, larger, first), NETWORK_INPUT)
        input_shape, known = (*larger, 2), [0]
    for _ in range(draw(st.integers(1, 3))):
        source = draw(st.sampled_from(known))
        kind = draw(st.sampled_from(["product", "sum", "pool", "quantiser", "turn", "repeat"]))
        if kind == "turn" and channels > 1:
            add_turned(source)
        elif kind == "repeat" and spatial:
            add_repeated(source)
        elif kind == "sum":
            add_sum(source, draw(st.sampled_from(known)))
        elif kind == "quantiser":
            add_sum(source)
        elif same is None:
            add(Dense(random.choice(VALUES["ternary"], (channels, channels)), types[source]), source)
        elif kind == "pool":
            add(
                MaxPool(same, tuple(spatial), random.integers(0, 2, channels).astype(bool), types[source]),
                source,
            )
        else:
            x = types[source]
            values = random.choice(VALUES["bipolar"], (channels, same.taps * channels))
            add(Conv2d(values, same, tuple(spatial), x, pad=0 if x.lo <= 0 <= x.hi else x.lo), source)
        known.append(len(layers) - 1)
    while len(unread) > 1:
        add_sum(*unread[:2])
    return _network(input_shape, first, layers)


def _network(input_shape: Shape, first: IntType, layers: Sequence[NamedLayer]) -> Network:
    """With the plainest quantiser to the type of its input, and an output as it is."""
    one, zero = exact_array(1), exact_array(0)
    rounding = "sign" if first.bipolar else "half_even"
    return Network(input_shape, Quantizer(one, zero, rounding, first), tuple(layers), Host(one, zero))


def _random_threshold(random: np.random.Generator, layer: Dense | Conv2d | Add, type_: IntType) -> Threshold:
    """Thresholds over the reachable range and one beyond each end: always and never occur too."""
    levels = 1 if type_.bipolar else type_.hi - type_.lo
    low, high, rows = layer.row_ranges[:, :1], layer.row_ranges[:, 1:], len(layer.weights)
    table = np.sort(random.integers(low, high + 2, (rows, levels)), axis=1)
    return Threshold(table, random.integers(0, 2, rows).astype(bool), type_)
