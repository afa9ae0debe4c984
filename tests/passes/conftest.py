"""An exact evaluator of quantised graphs, op by op from the definitions, and random networks to try it on."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st

from bnngen.ir.graph import Graph, Node
from bnngen.ir.quantized import (
    ALWAYS,
    RELU,
    Affine,
    Bound,
    Clip,
    Concat,
    Convolution,
    Linear,
    MaxPool,
    Reshape,
    Slice,
    Softmax,
    Step,
    Sum,
    Upsample,
)
from bnngen.ir.window import Window
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import Exact, exact_array
from bnngen.numbers.rounding import ROUNDING_MODES, bound
from bnngen.ops.argmax import ArgMax
from bnngen.passes.rewrite import Rule, verify
from bnngen.reference.network import Network

Numbers = np.ndarray
"""Object arrays of int, Fraction and Exact."""


def _linear(op: Linear, x: Numbers) -> Numbers:
    flat = x.reshape(-1)
    rows = [sum((v * int(w) for v, w in zip(flat, row, strict=True)), Exact()) for row in op.weights]
    return exact_array(rows)


def _windows(window: Window, shape: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], list]]:
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
    for position, taps in _windows(op.window, tuple(spatial)):
        for n, row in enumerate(op.weights):
            group = range((n // (len(op.weights) // op.groups)) * size, channels)[:size]
            seen = [op.pad if at is None else x[(*at, c)] for at in taps for c in group]
            out[(*position, n)] = sum((v * int(w) for v, w in zip(seen, row, strict=True)), Exact())
    return out


def _max_pool(op: MaxPool, x: Numbers) -> Numbers:
    *spatial, channels = x.shape
    out = np.empty((*op.window.outputs(tuple(spatial)), channels), dtype=object)
    for position, taps in _windows(op.window, tuple(spatial)):
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
    low = x if op.low is None else np.where(x < op.low, op.low, x)
    return low if op.high is None else np.where(low > op.high, op.high, low)


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
    """In the file's order: channel by channel, each with its positions."""
    channels = x.shape[-1]
    elements = [v for c in range(channels) for v in x.reshape(-1, channels)[:, c]]
    out = np.empty(op.output_shape([x.shape]), dtype=object)
    for element, (channel, *position) in zip(elements, np.ndindex(*op.shape), strict=True):
        out[(*position, channel)] = element
    return out


def _argmax(op: ArgMax, x: Numbers) -> Numbers:
    scores = list(x)
    return exact_array([scores.index(max(scores))])


def _sum(op: Sum, *inputs: Numbers) -> Numbers:
    factors = [exact_array(factor) for factor in op.factors]
    return sum((x * factor for x, factor in zip(inputs, factors, strict=True)), 0 * inputs[0])


def _concat(op: Concat, *inputs: Numbers) -> Numbers:
    return np.concatenate(inputs, axis=-1)


def _upsample(op: Upsample, x: Numbers) -> Numbers:
    out = np.empty(op.output_shape([x.shape]), dtype=object)
    for (*position, c), _ in np.ndenumerate(out):
        out[(*position, c)] = x[(*(p // f for p, f in zip(position, op.factors, strict=True)), c)]
    return out


EVALUATORS: dict[type, Callable[..., Numbers]] = {
    Linear: _linear,
    Convolution: _convolution,
    MaxPool: _max_pool,
    Affine: _affine,
    Clip: _clip,
    Step: _step,
    Reshape: _reshape,
    ArgMax: _argmax,
    Sum: _sum,
    Concat: _concat,
    Slice: lambda op, x: x[..., op.first : op.last],
    Upsample: _upsample,
    Softmax: lambda op, x: x,  # keeps the order; its values are no exact numbers
}


def _evaluate(graph: Graph, x: Any) -> list[Exact]:
    tensors = {graph.input_name: exact_array(x).reshape(graph.input_shape)}
    for node in graph.nodes:
        tensors[node.name] = EVALUATORS[type(node.op)](node.op, *(tensors[name] for name in node.inputs))
    return list(tensors[graph.output].reshape(-1))


def _run(network: Network, x: Any) -> list[Exact]:
    """The network's exact outputs: quantiser, integer layers, and the host's affine."""
    codes = network.quantizer.quantize(np.array(x, dtype=np.float64).reshape(1, *network.input_shape))
    y = network.run(codes)[0]
    mul, add = network.host.mul, network.host.add
    return [mul[c % len(mul)] * int(v) + add[c % len(add)] for c, v in enumerate(y)]


def _chain(input_shape: tuple[int, ...], *ops: object) -> Graph:
    """The operators in a row behind the input ``x``; their names are n0, n1, ..."""
    names = ["x", *(f"n{i}" for i in range(len(ops)))]
    nodes = tuple(Node(n, op, (s,)) for s, n, op in zip(names, names[1:], ops, strict=False))  # type: ignore[arg-type]
    return Graph("x", input_shape, nodes, names[-1])


def _grid(features: int, values: Sequence[object]) -> Iterator[tuple]:
    return itertools.product(values, repeat=features)


@pytest.fixture(scope="session")
def evaluate() -> Callable[[Graph, Any], list[Exact]]:
    return _evaluate


@pytest.fixture(scope="session")
def run_exactly() -> Callable[[Network, Any], list[Exact]]:
    return _run


@pytest.fixture(scope="session")
def chain() -> Callable[..., Graph]:
    return _chain


@pytest.fixture(scope="session")
def fire() -> Callable[[Rule, Graph, str], Any]:
    """Applies a rule at the node of this name, where it must fire; returns the new graph, checked."""

    def apply(rule: Rule, graph: Graph, name: str) -> Graph:
        result = rule(graph, graph[name])
        assert isinstance(result, Graph), result
        verify(result)
        return result

    return apply


@pytest.fixture(scope="session")
def same_meaning() -> Callable[..., None]:
    """Checks that two graphs agree on every combination of the values."""

    def check(before: Graph, after: Graph, values: Sequence[object]) -> None:
        assert before.input_shape == after.input_shape
        for x in _grid(int(np.prod(before.input_shape)), values):
            assert _evaluate(before, list(x)) == _evaluate(after, list(x)), x

    return check


# Random networks.

SMALL = st.fractions(-3, 3, max_denominator=4)
ROOTS = st.sampled_from([Exact.of(v).sqrt() for v in (2, Fraction(9, 4), Fraction(1, 3), 8)])
MODES = st.sampled_from(ROUNDING_MODES)


@st.composite
def _factors(draw: st.DrawFn) -> Exact:
    """gamma/sd: negative, zero, a power of two, or irrational."""
    gamma = draw(st.sampled_from([1, -1, 2, 0, Fraction(1, 2), Fraction(-3, 4)]) | SMALL)
    return draw(ROOTS).reciprocal() * Exact.of(gamma) if draw(st.booleans()) else Exact.of(gamma)


@st.composite
def _affines(draw: st.DrawFn, channels: int) -> Affine:
    size = draw(st.sampled_from([1, channels]))
    mul = [draw(_factors()) for _ in range(size)]
    add = [
        draw(SMALL) + draw(st.sampled_from([Exact(), *mul])) for _ in range(draw(st.sampled_from([1, size])))
    ]
    return Affine(exact_array(mul), exact_array(add))


def _flatten(shape: tuple[int, ...]) -> Reshape:
    return Reshape((int(np.prod(shape)),))


@st.composite
def _clips(draw: st.DrawFn) -> Clip:
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
def _steps(draw: st.DrawFn, channels: int, mode: str | None = None) -> Step:
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
def _linears(draw: st.DrawFn, rows: int, columns: int) -> Linear:
    alphabet = draw(st.sampled_from([(-1, 1), (0, 1), (-1, 0, 1), (-2, -1, 0, 1), (-3, 0, 2)]))
    flat = draw(st.lists(st.sampled_from(alphabet), min_size=rows * columns, max_size=rows * columns))
    return Linear(np.array(flat, dtype=np.int64).reshape(rows, columns))


@st.composite
def _input_quantiser(draw: st.DrawFn) -> list[object]:
    scale = draw(st.sampled_from([1, 2, Fraction(1, 3), Fraction(-1, 2)]))
    before = Affine(exact_array(scale), exact_array(draw(SMALL)))
    return [before, draw(_steps(1, draw(MODES)))]


@st.composite
def _hidden(draw: st.DrawFn, rows: int, columns: int) -> list[object]:
    ops: list[object] = [draw(_linears(rows, columns))]
    for _ in range(draw(st.integers(0, 2))):
        ops.append(draw(st.one_of(_affines(rows), _affines(rows), _clips(), _steps(rows))))
    return [*ops, draw(_steps(rows)), *draw(st.lists(_scalars(), max_size=2))]


@st.composite
def _argmax_head(draw: st.DrawFn, rows: int, columns: int) -> list[object]:
    """Scores that differ from the sums by one factor and one offset, and their argmax."""
    signs = [draw(st.sampled_from([2, -1, Fraction(1, 3)])) for _ in range(2)]
    before, behind = (
        Affine(exact_array(signs[0]), exact_array(0)),
        Affine(exact_array(signs[1]), exact_array(3)),
    )
    softmax = draw(st.sampled_from([[], [Softmax()]]))
    return [before, draw(_linears(rows, columns)), behind, *softmax, ArgMax(rows)]


def _without_offsets(ops: list[object]) -> list[object]:
    """Without the affines behind the last step: their offsets would differ from class to class."""
    last = max(i for i, op in enumerate(ops) if isinstance(op, Step))
    return ops[: last + 1] + [op for op in ops[last + 1 :] if not isinstance(op, Affine)]


@st.composite
def _networks(draw: st.DrawFn) -> Graph:
    """A network of one to three layers that must be possible to lower, whatever its numbers are."""
    kind = draw(st.sampled_from(["maps", "residual", "moves", "dense", "dense"]))
    if kind != "dense":
        return draw({"maps": _maps, "residual": _residuals, "moves": _moves}[kind]())
    shape = draw(st.sampled_from([(1,), (2,), (3,), (2, 1), (1, 2, 2), (2, 1, 2)]))
    features, ops = int(np.prod(shape)), draw(_input_quantiser())
    ops += draw(st.lists(_scalars(), max_size=1))
    if len(shape) > 1:
        ops.insert(draw(st.integers(0, len(ops))), _flatten(shape))
    for _ in range(draw(st.integers(0, 2))):
        rows = draw(st.integers(1, 3))
        ops += draw(_hidden(rows, features))
        features = rows
    rows, kind = draw(st.integers(1, 3)), draw(st.sampled_from(["scores", "codes", "argmax"]))
    if kind == "codes":
        return _chain(shape, *ops, *draw(_hidden(rows, features)))
    if kind == "scores":
        return _chain(
            shape, *ops, draw(_linears(rows, features)), *draw(st.lists(_affines(rows), max_size=2))
        )
    return _chain(shape, *_without_offsets(ops), *draw(_argmax_head(rows, features)))


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
    taps = [at for _, at in _windows(window, shape)]
    return window if all(any(at) for at in taps) else Window.plain(window.kernel)


@st.composite
def _convolutions(draw: st.DrawFn, shape: tuple[int, ...], pads: bool = True) -> Convolution:
    *spatial, channels = shape
    window = draw(_any_window(tuple(spatial), pads))
    groups = draw(st.sampled_from([g for g in (1, channels) if channels % g == 0]))
    rows = draw(st.integers(1, 2)) * groups
    return Convolution(draw(_linears(rows, window.taps * channels // groups)).weights, window, groups)


@st.composite
def _pooled(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[list[object], tuple[int, ...]]:
    """What stands behind a convolution: batch norms, a Clip, a quantiser, and pools anywhere among them."""
    channels = shape[-1]
    ops = draw(st.lists(st.one_of(_affines(channels), _clips()), max_size=2))
    ops.append(draw(_steps(channels)))
    for place in sorted(draw(st.sets(st.integers(0, len(ops)), max_size=2)), reverse=True):
        pool = MaxPool(draw(_any_window((1,) * len(shape[:-1]) if place else shape[:-1], pads=False)))
        ops.insert(place, pool)
    for op in ops:
        shape = op.output_shape([shape])
    return ops, shape


@st.composite
def _maps(draw: st.DrawFn) -> Graph:
    """A network with a convolution, pools on its sums, scaled sums or codes, and a dense layer."""
    first = shape = draw(st.sampled_from([(2, 1), (3, 1), (2, 2), (1, 2, 1), (2, 2, 1), (3, 1, 1)]))
    scale = draw(st.sampled_from([1, -1, Fraction(1, 4), Fraction(-1, 3)]))
    before, step = draw(_input_quantiser())
    zero = step.type.lo <= 0 <= step.type.hi  # only then padding has a code
    ops = [before, step, Affine(exact_array(scale), exact_array(0))]
    ops.append(convolution := draw(_convolutions(shape, pads=zero)))
    behind, shape = draw(_pooled(convolution.output_shape([shape])))
    ops += [*behind, *draw(st.lists(_scalars(), max_size=1)), _flatten(shape)]
    rows = draw(st.integers(1, 2))
    return _chain(first, *ops, *draw(_hidden(rows, int(np.prod(shape)))))


@st.composite
def _moved(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[list[object], tuple[int, ...]]:
    """What cuts and repeats a tensor, among what scales it."""
    ops: list[Any] = []
    for kind in draw(st.lists(st.sampled_from(["slice", "upsample", "affine", "relu"]), max_size=3)):
        if kind == "slice":
            first = draw(st.integers(0, shape[-1] - 1))
            ops.append(Slice(first, draw(st.integers(first + 1, shape[-1]))))
        elif kind == "upsample":
            ops.append(Upsample(tuple(draw(st.integers(1, 2)) for _ in shape[:-1])))
        else:
            ops.append(draw(_affines(shape[-1])) if kind == "affine" else draw(_clips()))
        shape = ops[-1].output_shape([shape])
    return ops, shape


@st.composite
def _moves(draw: st.DrawFn) -> Graph:
    """Two products and the way around them, joined, cut and repeated."""
    first = draw(st.sampled_from([(1, 2), (2, 1), (1, 2, 1)]))
    scale = draw(st.sampled_from([1, -1, Fraction(1, 2), Fraction(-3, 4)]))
    nodes = list(_chain(first, *draw(_input_quantiser()), Affine(exact_array(scale), exact_array(0))).nodes)

    def add(ops: list[object], source: str) -> str:
        for op in ops:
            nodes.append(Node(f"n{len(nodes)}", op, (source,)))
            source = nodes[-1].name
        return source

    ends, channels = [("n2", first[-1])], first[-1]
    for _ in range(2):
        rows = draw(st.integers(1, 2))
        weights = draw(_linears(rows, first[-1])).weights
        ops = [Convolution(weights, Window.plain((1,) * len(first[:-1])))]
        ends.append((add([*ops, *draw(st.lists(_affines(rows), max_size=1))], "n2"), rows))
        channels += rows
    ends = draw(st.permutations(ends))
    nodes.append(Node(f"n{len(nodes)}", Concat(), tuple(name for name, _ in ends)))
    behind, shape = draw(_moved((*first[:-1], channels)))
    left = [name for name, rows in ends for _ in range(rows)]
    for op in behind:
        left = left[op.first : op.last] if isinstance(op, Slice) else left
    assume(set(left) != {"n2"})  # a quantiser of the input alone would have to be the host's
    behind += [draw(_steps(shape[-1])), *draw(st.lists(_scalars(), max_size=1)), _flatten(shape)]
    end = add([*behind, *draw(_hidden(1, int(np.prod(shape))))], nodes[-1].name)
    return Graph("x", first, tuple(nodes), end)


@st.composite
def _residuals(draw: st.DrawFn) -> Graph:
    """Two layers, the second with a way around it; the scales of both ways have a small ratio."""
    features = draw(st.integers(1, 2))
    names = [f"n{k}" for k in range(40)]
    nodes: list[Node] = []

    def add(ops: list[object], *source: str) -> str:
        for op in ops:
            nodes.append(Node(names.pop(0), op, source))
            source = (nodes[-1].name,)
        return source[0]

    scale = st.sampled_from([1, -1, Fraction(1, 2), Fraction(3, 4)])

    def scaled() -> Affine:
        return Affine(exact_array(draw(scale)), exact_array(draw(SMALL)))

    x = add([*draw(_input_quantiser()), *draw(st.lists(_scalars(), max_size=1))], "x")
    rows = draw(st.integers(1, 2))
    first = draw(_linears(rows, features))
    shared = add([first, *draw(st.lists(_affines(rows), max_size=1)), draw(_steps(rows)), scaled()], x)
    inner = add([draw(_linears(rows, rows)), draw(_affines(rows)), draw(_steps(rows)), scaled()], shared)
    total = add([Sum((1, draw(st.sampled_from([1, -1]))))], inner, shared)
    behind = draw(st.lists(st.one_of(_affines(rows), _clips()), max_size=2))
    end = add([*behind, draw(_steps(rows)), draw(_linears(2, rows))], total)
    return Graph("x", (features,), tuple(nodes), end)


@pytest.fixture(scope="session")
def networks() -> Callable[[], st.SearchStrategy[Graph]]:
    """A strategy: graphs as a front end makes them, which ``lower`` must be able to lower."""
    return _networks


def _codes_of(graph: Graph, candidates: Sequence[float]) -> list[Exact]:
    """The code that one feature's input becomes."""
    first = next(i for i, node in enumerate(graph.nodes) if isinstance(node.op, Step))
    ops = [node.op for node in graph.nodes[: first + 1] if not isinstance(node.op, Reshape)]
    return [_evaluate(_chain((1,), *ops), [x])[0] for x in candidates]


@pytest.fixture(scope="session")
def inputs_for_every_code() -> Callable[[Graph], list[tuple]]:
    """Real inputs (doubles): all combinations that make every code; all quarters, ties too, of one feature."""

    def inputs(graph: Graph) -> list[tuple]:
        candidates = [n / 4 for n in range(-60, 61)]
        features = int(np.prod(graph.input_shape))
        if features == 1:
            return [(x,) for x in candidates]
        one_each = dict(zip(_codes_of(graph, candidates), candidates, strict=True))
        return list(_grid(features, list(one_each.values())))

    return inputs


@pytest.fixture(scope="session")
def strategies() -> SimpleNamespace:
    """Strategies of single operators: ``affines``, ``clips``, ``steps``, ``linears``."""
    return SimpleNamespace(affines=_affines, clips=_clips, steps=_steps, linears=_linears)
