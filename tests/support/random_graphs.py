"""Random quantised graphs, as front ends make them: strategies of networks and of single operators."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from support.exact_graphs import window_taps
from support.rewrites import chain

from bnngen.ir.elementwise import RELU, Affine, Clip
from bnngen.ir.graph import Graph, Node, Op
from bnngen.ir.host_function import HostFunction
from bnngen.ir.layers import Convolution, Linear, Pooling, Sum
from bnngen.ir.moves import ChannelSlice, Concatenation, Reshape, Upsampling
from bnngen.ir.step import Bound, Step
from bnngen.ir.window import Window
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import Exact, exact_array
from bnngen.numbers.rounding import ROUNDING_MODES, bound
from bnngen.ops.argmax import ClassIndex

SMALL = st.fractions(-3, 3, max_denominator=4)
ROOTS = st.sampled_from([Exact.of(v).sqrt() for v in (2, Fraction(9, 4), Fraction(1, 3), 8)])
MODES = st.sampled_from(ROUNDING_MODES)


@st.composite
def _factors(draw: st.DrawFn) -> Exact:
    """gamma/sd: negative, zero, a power of two, or irrational."""
    gamma = draw(st.sampled_from([1, -1, 2, 0, Fraction(1, 2), Fraction(-3, 4)]) | SMALL)
    return draw(ROOTS).reciprocal() * Exact.of(gamma) if draw(st.booleans()) else Exact.of(gamma)


@st.composite
def affines(draw: st.DrawFn, channels: int) -> Affine:
    size = draw(st.sampled_from([1, channels]))
    mul = [draw(_factors()) for _ in range(size)]
    add = [
        draw(SMALL) + draw(st.sampled_from([Exact(), *mul])) for _ in range(draw(st.sampled_from([1, size])))
    ]
    return Affine(exact_array(mul), exact_array(add))


def _flatten(shape: tuple[int, ...]) -> Reshape:
    return Reshape((int(np.prod(shape)),))


@st.composite
def clips(draw: st.DrawFn) -> Clip:
    """A Relu, or any other range."""
    ends = sorted(draw(st.tuples(SMALL, SMALL)))
    low, high = (draw(st.sampled_from([Exact.of(end), None])) for end in ends)
    return draw(st.sampled_from([RELU, Clip(low, high)]))


@st.composite
def _scalars(draw: st.DrawFn) -> Affine:
    """One scale and offset for a whole tensor, as quantisers leave behind."""
    scale = draw(st.sampled_from([1, -1, 0, Fraction(1, 4), Fraction(-1, 3), Fraction(3, 2)]))
    return Affine(exact_array(scale), exact_array(draw(SMALL)))


@st.composite
def steps(draw: st.DrawFn, channels: int, mode: str | None = None) -> Step:
    """A BipolarQuant, a Quant in any rounding mode, or a MultiThreshold table."""
    mode = mode or draw(MODES | st.just("table"))
    if mode == "sign":
        return Step(((Bound(Exact(), False),),), (False,), BIPOLAR)
    levels = draw(st.integers(1, 3))
    if mode == "table":
        rows = [
            sorted(draw(SMALL) for _ in range(levels)) for _ in range(draw(st.sampled_from([1, channels])))
        ]
        bounds = tuple(tuple(Bound(Exact.of(t), False) for t in row) for row in rows)
        return Step(bounds, (False,) * len(bounds), IntType(0, levels))
    lo = draw(st.integers(-2, 0))
    edges = (bound(mode, k) for k in range(lo + 1, lo + levels + 1))
    return Step((tuple(Bound(Exact.of(b), s) for b, s in edges),), (False,), IntType(lo, lo + levels))


@st.composite
def linears(draw: st.DrawFn, rows: int, columns: int) -> Linear:
    alphabet = draw(st.sampled_from([(-1, 1), (0, 1), (-1, 0, 1), (-2, -1, 0, 1), (-3, 0, 2)]))
    flat = draw(st.lists(st.sampled_from(alphabet), min_size=rows * columns, max_size=rows * columns))
    return Linear(np.array(flat, dtype=np.int64).reshape(rows, columns))


@st.composite
def _input_quantizer(draw: st.DrawFn) -> tuple[Affine, Step]:
    scale = draw(st.sampled_from([1, 2, Fraction(1, 3), Fraction(-1, 2)]))
    before = Affine(exact_array(scale), exact_array(draw(SMALL)))
    return before, draw(steps(1, draw(MODES)))


@st.composite
def _hidden(draw: st.DrawFn, rows: int, columns: int) -> list[Op]:
    ops: list[Op] = [draw(linears(rows, columns))]
    for _ in range(draw(st.integers(0, 2))):
        ops.append(draw(st.one_of(affines(rows), affines(rows), clips(), steps(rows))))
    return [*ops, draw(steps(rows)), *draw(st.lists(_scalars(), max_size=2))]


@st.composite
def _argmax_head(draw: st.DrawFn, rows: int, columns: int) -> list[Op]:
    """Scores that differ from the sums by one factor and one offset, and their argmax."""
    signs = [draw(st.sampled_from([2, -1, Fraction(1, 3)])) for _ in range(2)]
    before, behind = (
        Affine(exact_array(signs[0]), exact_array(0)),
        Affine(exact_array(signs[1]), exact_array(3)),
    )
    softmax = draw(st.sampled_from([[], [HostFunction("Softmax", 1, rows, 1)]]))
    return [before, draw(linears(rows, columns)), behind, *softmax, ClassIndex(rows)]


def _without_offsets(ops: list[Op]) -> list[Op]:
    """Without the affines behind the last step: their offsets would differ from class to class."""
    last = max(i for i, op in enumerate(ops) if isinstance(op, Step))
    return ops[: last + 1] + [op for op in ops[last + 1 :] if not isinstance(op, Affine)]


@st.composite
def networks(draw: st.DrawFn) -> Graph:
    """A network of one to three layers that must be possible to lower, whatever its numbers are."""
    kind = draw(st.sampled_from(["maps", "residual", "moves", "dense", "dense"]))
    if kind != "dense":
        return draw({"maps": _maps, "residual": _residuals, "moves": _moves}[kind]())
    shape = draw(st.sampled_from([(1,), (2,), (3,), (2, 1), (1, 2, 2), (2, 1, 2)]))
    features = int(np.prod(shape))
    ops: list[Op] = [*draw(_input_quantizer())]
    ops += draw(st.lists(_scalars(), max_size=1))
    if len(shape) > 1:
        ops.insert(draw(st.integers(0, len(ops))), _flatten(shape))
    for _ in range(draw(st.integers(0, 2))):
        rows = draw(st.integers(1, 3))
        ops += draw(_hidden(rows, features))
        features = rows
    rows, kind = draw(st.integers(1, 3)), draw(st.sampled_from(["scores", "codes", "argmax"]))
    if kind == "codes":
        return chain(shape, *ops, *draw(_hidden(rows, features)))
    if kind == "scores":
        return chain(shape, *ops, draw(linears(rows, features)), *draw(st.lists(affines(rows), max_size=2)))
    return chain(shape, *_without_offsets(ops), *draw(_argmax_head(rows, features)))


@st.composite
def _any_window(draw: st.DrawFn, shape: tuple[int, ...], pads: bool) -> Window:
    """A window that fits a map of this shape, and sees an element of it at every position."""
    axes = []
    for length in shape:
        kernel = draw(st.integers(1, min(2, length)))
        dilation = draw(st.integers(1, 2)) if kernel > 1 and length > 2 else 1
        before, after = (draw(st.integers(0, kernel - 1)) * pads for _ in range(2))
        axes.append((kernel, draw(st.integers(1, 2)), dilation, before, after))
    window = Window(*zip(*axes, strict=True))
    taps = [at for _, at in window_taps(window, shape)]
    return window if all(any(at) for at in taps) else Window.plain(window.kernel)


@st.composite
def _convolutions(draw: st.DrawFn, shape: tuple[int, ...], pads: bool = True) -> Convolution:
    *spatial, channels = shape
    window = draw(_any_window(tuple(spatial), pads))
    groups = draw(st.sampled_from([g for g in (1, channels) if channels % g == 0]))
    rows = draw(st.integers(1, 2)) * groups
    return Convolution(draw(linears(rows, window.taps * channels // groups)).weights, window, groups)


@st.composite
def _pooled(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[list[Op], tuple[int, ...]]:
    """What stands behind a convolution: batch norms, a Clip, a quantiser, and pools anywhere among them."""
    channels = shape[-1]
    ops: list[Op] = [*draw(st.lists(st.one_of(affines(channels), clips()), max_size=2))]
    ops.append(draw(steps(channels)))
    for place in sorted(draw(st.sets(st.integers(0, len(ops)), max_size=2)), reverse=True):
        pool = Pooling(draw(_any_window((1,) * len(shape[:-1]) if place else shape[:-1], pads=False)))
        ops.insert(place, pool)
    for op in ops:
        shape = op.output_shape([shape])
    return ops, shape


@st.composite
def _maps(draw: st.DrawFn) -> Graph:
    """A network with a convolution, pools on its sums, scaled sums or codes, and a dense layer."""
    first = shape = draw(st.sampled_from([(2, 1), (3, 1), (2, 2), (1, 2, 1), (2, 2, 1), (3, 1, 1)]))
    scale = draw(st.sampled_from([1, -1, Fraction(1, 4), Fraction(-1, 3)]))
    before, step = draw(_input_quantizer())
    zero = step.type.lo <= 0 <= step.type.hi  # only then padding has a code
    ops: list[Op] = [before, step, Affine(exact_array(scale), exact_array(0))]
    ops.append(convolution := draw(_convolutions(shape, pads=zero)))
    behind, shape = draw(_pooled(convolution.output_shape([shape])))
    ops += [*behind, *draw(st.lists(_scalars(), max_size=1)), _flatten(shape)]
    rows = draw(st.integers(1, 2))
    return chain(first, *ops, *draw(_hidden(rows, int(np.prod(shape)))))


@st.composite
def _moved(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[list[Op], tuple[int, ...]]:
    """What cuts and repeats a tensor, among what scales it."""
    ops: list[Op] = []
    for kind in draw(st.lists(st.sampled_from(["slice", "upsample", "affine", "relu"]), max_size=3)):
        if kind == "slice":
            first = draw(st.integers(0, shape[-1] - 1))
            ops.append(ChannelSlice(first, draw(st.integers(first + 1, shape[-1]))))
        elif kind == "upsample":
            ops.append(Upsampling(tuple(draw(st.integers(1, 2)) for _ in shape[:-1])))
        else:
            ops.append(draw(affines(shape[-1])) if kind == "affine" else draw(clips()))
        shape = ops[-1].output_shape([shape])
    return ops, shape


@st.composite
def _moves(draw: st.DrawFn) -> Graph:
    """Two products and the way around them, joined, cut and repeated."""
    first = draw(st.sampled_from([(1, 2), (2, 1), (1, 2, 1)]))
    scale = draw(st.sampled_from([1, -1, Fraction(1, 2), Fraction(-3, 4)]))
    nodes = list(chain(first, *draw(_input_quantizer()), Affine(exact_array(scale), exact_array(0))).nodes)

    def add(ops: list[Op], source: str) -> str:
        for op in ops:
            nodes.append(Node(f"n{len(nodes)}", op, (source,)))
            source = nodes[-1].name
        return source

    ends, channels = [("n2", first[-1])], first[-1]
    for _ in range(2):
        rows = draw(st.integers(1, 2))
        weights = draw(linears(rows, first[-1])).weights
        ops = [Convolution(weights, Window.plain((1,) * len(first[:-1])))]
        ends.append((add([*ops, *draw(st.lists(affines(rows), max_size=1))], "n2"), rows))
        channels += rows
    ends = draw(st.permutations(ends))
    nodes.append(Node(f"n{len(nodes)}", Concatenation(), tuple(name for name, _ in ends)))
    behind, shape = draw(_moved((*first[:-1], channels)))
    left = [name for name, rows in ends for _ in range(rows)]
    for op in behind:
        left = left[op.first : op.last] if isinstance(op, ChannelSlice) else left
    assume(set(left) != {"n2"})  # a quantiser of the input alone would have to be the host's
    behind += [draw(steps(shape[-1])), *draw(st.lists(_scalars(), max_size=1)), _flatten(shape)]
    end = add([*behind, *draw(_hidden(1, int(np.prod(shape))))], nodes[-1].name)
    return Graph("x", first, tuple(nodes), end)


@st.composite
def _residuals(draw: st.DrawFn) -> Graph:
    """Two layers, the second with a way around it; the scales of both ways have a small ratio."""
    features = draw(st.integers(1, 2))
    names = [f"n{k}" for k in range(40)]
    nodes: list[Node] = []

    def add(ops: list[Op], *source: str) -> str:
        for op in ops:
            nodes.append(Node(names.pop(0), op, source))
            source = (nodes[-1].name,)
        return source[0]

    scale = st.sampled_from([1, -1, Fraction(1, 2), Fraction(3, 4)])

    def scaled() -> Affine:
        return Affine(exact_array(draw(scale)), exact_array(draw(SMALL)))

    x = add([*draw(_input_quantizer()), *draw(st.lists(_scalars(), max_size=1))], "x")
    rows = draw(st.integers(1, 2))
    first = draw(linears(rows, features))
    shared = add([first, *draw(st.lists(affines(rows), max_size=1)), draw(steps(rows)), scaled()], x)
    inner = add([draw(linears(rows, rows)), draw(affines(rows)), draw(steps(rows)), scaled()], shared)
    total = add([Sum((1, draw(st.sampled_from([1, -1]))))], inner, shared)
    behind = draw(st.lists(st.one_of(affines(rows), clips()), max_size=2))
    end = add([*behind, draw(steps(rows)), draw(linears(2, rows))], total)
    return Graph("x", (features,), tuple(nodes), end)
