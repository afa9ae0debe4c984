"""What the host does at both ends of a graph: the input's quantiser, and what is behind the last integer."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import ModelError
from bnngen.frontend.cases import case_of
from bnngen.ir.elementwise import RELU, Affine
from bnngen.ir.graph import Graph, Node, Op, Shape, channels_first
from bnngen.ir.host_function import HostFunction
from bnngen.ir.ladder import FIRST, LAST, Ladder
from bnngen.ir.monotone import Sigmoid
from bnngen.ir.moves import Reshape, Transposition
from bnngen.ir.step import ALWAYS, NEVER, Bound, Row, Step
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import Exact, ExactArray, exact_array
from bnngen.reference.head import Head
from bnngen.reference.input_quantizer import Quantizer, rounding_edges, uniform_row
from bnngen.reference.network import Host
from bnngen.reference.rational_line import rational_line

_ODD = {"half_even": False, "half_odd": True}
"""Whether rounding to the nearest gives the odd one of two."""
SIGN_ADVICE = (
    "use BipolarQuant, where 0 gives +1, or say what 0 becomes (bnngen convert MODEL --sign-of-zero plus "
    "--out CLEAN.onnx; plus: +1, minus: -1, zero: 0 as ONNX says, in two bits)"
)
"""What to do about a Sign that may meet 0."""
NO_QUANTIZER = "takes real numbers from the network's input"
"""What is wrong with the first layer where nothing in front of it quantises."""
MOST_THRESHOLDS = 1 << 18
"""Of all channels of the input together: each is looked at exactly."""
LEAST_REAL = Fraction(1, 1 << 500)
"""The least absolute value of a number with which the host computes; the greatest is its reciprocal."""


def input_quantizer(node: Node) -> Quantizer:
    """The host's quantiser that the first node means. Raises ModelError if it is none, or not uniform."""
    step = node.op
    if not isinstance(step, Step):
        raise ModelError(
            node.name,
            f"{NO_QUANTIZER}; quantise the input first (BipolarQuant or Quant), or say "
            "what the accelerator takes (bnngen convert MODEL --input uint8:1/255 --out CLEAN.onnx)",
        )
    if step.from_sign:
        raise ModelError(node.name, f"is a plain Sign on an input that can be 0; {SIGN_ADVICE}")
    type_, bounds = _reachable(node)
    if (count := sum(map(len, bounds))) > MOST_THRESHOLDS:
        raise ModelError(
            node.name,
            f"quantises the input with {count:,} thresholds, one row for each channel; at most "
            f"{MOST_THRESHOLDS:,} are supported: use one scale for all channels, or fewer bits",
        )
    rows = [_uniform(node, row, falls, type_) for row, falls in zip(bounds, step.falling, strict=True)]
    if len({mode for _, _, mode in rows}) > 1:
        raise ModelError(node.name, "quantises the channels of the input with different rounding rules")
    mul, add = (exact_array([row[i] for row in rows]) for i in (0, 1))
    _check_reals(node.name, mul, add)
    return Quantizer(mul, add, rows[0][2], type_)


def _reachable(node: Node) -> tuple[IntType, list[Row]]:
    """The codes that the input's quantiser can give, and the bounds between them: a Clip in front of it may
    leave some out at either end."""
    step = node.op
    assert isinstance(step, Step)
    always, never = ({_count(row, end) for row in step.rows} for end in (ALWAYS, NEVER))
    first, last = min(always), len(step.rows[0]) - min(never)
    if len(always) > 1 or len(never) > 1 or first >= last:
        raise ModelError(node.name, "quantises the input, but has a level that is always or never reached")
    if (first, last) == (0, len(step.rows[0])):
        return step.type, list(step.rows)
    return IntType(step.type.lo + first, step.type.lo + last), [row[first:last] for row in step.rows]


def _count(row: Row, end: Bound) -> int:
    """How many thresholds are always passed, or never."""
    if isinstance(row, Ladder):
        return row.steps.count(FIRST if end == ALWAYS else LAST)
    return sum(bound == end for bound in row)


def _check_reals(name: str, *arrays: ExactArray) -> None:
    """Raises ModelError for numbers that float64 can't be trusted to hold."""
    for value in np.concatenate(arrays):
        if value and not LEAST_REAL <= abs(value) <= 1 / LEAST_REAL:
            raise ModelError(
                name,
                f"has a scale or an offset that is not between {float(LEAST_REAL):.0e} and "
                f"{float(1 / LEAST_REAL):.0e} once all are put together; scale the values to a sensible size",
            )


def _uniform(node: Node, row: Row, falls: bool, type_: IntType) -> tuple[Any, ...]:
    found = _straight(row, type_)
    if found is None:
        known = [(b.value, b.strict) for b in row if b.value is not None]
        found = uniform_row(known, falls, type_)
    if found is None:
        raise ModelError(node.name, "quantises the input with thresholds that no affine rounding gives")
    mul, add, mode = found
    line = rational_line(mul, add, [edge for edge, _ in rounding_edges(mode, type_)])
    if line is None:
        raise ModelError(
            node.name,
            "quantises the input with a scale and an offset for which no fractions give the same codes; put "
            "no batch norm in front of it",
        )
    return *line, mode


def _straight(row: Row, type_: IntType) -> tuple[Exact, Exact, str] | None:
    """What `uniform_row` finds, of the thresholds of a quantiser that rounds to the nearest: as they say."""
    if not isinstance(row, Ladder) or row.mode not in _ODD or len(row) < 3 or type_.bipolar:
        return None
    shift = row.steps[0] - type_.lo - 1
    if row.steps != tuple(range(row.steps[0], row.steps[0] + len(row))):
        return None
    odd = _ODD[row.mode] != bool(shift % 2)
    return row.mul, row.add - shift, "half_odd" if odd else "half_even"


def host_of(graph: Graph, tail: list[Node]) -> Host:
    """What the nodes behind the last integer mean: Affines, a function behind them at most, and Reshapes
    anywhere. Raises ModelError for any other."""
    shape = graph.shapes[tail[0].inputs[0] if tail else graph.output]
    ends = _HostEnds(np.moveaxis(np.arange(math.prod(shape)).reshape(shape), -1, 0).reshape(-1))
    for node in tail:
        if not ends.take(node.op):
            raise real_error(node.name, node.op)
    _check_reals(graph.output, ends.mul, ends.add)
    in_file = channels_first(graph.shapes[graph.output])
    ordered = len(shape) == 1 and bool((ends.order == np.arange(len(ends.order))).all())
    return Host(
        ends.mul,
        ends.add,
        ends.head(in_file),
        None if ordered else ends.order,
        None if len(in_file) == 1 else in_file,
        tuple(ends.transpositions),
    )


@dataclass
class _HostEnds:
    """What the host does, node by node. All elements are numbered in the file's order: ``order`` has the
    place in the stream of each, ``rows`` those that the ``function`` takes together."""

    order: NDArray[np.int64]
    mul: ExactArray = field(default_factory=lambda: exact_array(1))
    add: ExactArray = field(default_factory=lambda: exact_array(0))
    function: HostFunction | None = None
    rows: NDArray[np.int64] | None = None
    transpositions: list[Transposition] = field(default_factory=list)

    def take(self, op: Op) -> bool:
        """Whether the host can do this next; then it does."""
        if isinstance(op, Reshape):
            self._reorder(op)
        elif isinstance(op, Affine) and self.function is None:
            self._scale(op)
        elif isinstance(op, Sigmoid):
            return self.take(HostFunction("Sigmoid", len(self.order), 1, 1))
        elif isinstance(op, HostFunction) and self.function is None:
            self.function, self.rows = op, op.rows
        else:
            return False
        return True

    def _scale(self, op: Affine) -> None:
        """Numbers of channels that a Reshape took apart are of single elements."""
        arrays = (self.mul, self.add, op.mul, op.add)
        count = max(map(len, arrays))
        if {len(v) for v in arrays} - {1, count}:
            count = len(self.order)
        mul, add, scale, offset = (v if len(v) == 1 else np.repeat(v, count // len(v)) for v in arrays)
        self.mul, self.add = scale * mul, scale * add + offset if any(add) else offset

    def _reorder(self, op: Reshape) -> None:
        moved = op.file_order
        if moved is None:
            return
        self.order = self.order[moved]
        self.transpositions += op.transpositions
        count = len(self.order)
        self.mul, self.add = (
            v if len(v) == 1 else np.repeat(v, count // len(v))[moved] for v in (self.mul, self.add)
        )
        if self.rows is not None:
            self.rows = np.argsort(moved)[self.rows]

    def head(self, shape: Shape) -> Head | None:
        """The function on frames of this shape in the file."""
        if self.function is None or self.rows is None:
            return None
        return Head(self.function.name, self.rows, _left(self.rows, shape) if len(self.rows) > 1 else ())


def _left(rows: NDArray[np.int64], shape: Shape) -> Shape:
    """The axes that are left of frames of ``shape`` where each row lies along one of them; else one axis."""
    numbers = np.arange(math.prod(shape)).reshape(shape)
    for axis, length in enumerate(shape):
        if length == rows.shape[1] and np.array_equal(
            np.moveaxis(numbers, axis, -1).reshape(rows.shape), rows
        ):
            return (*shape[:axis], *shape[axis + 1 :])
    return (len(rows),)


def real_error(name: str, op: Op) -> ModelError:
    """The error for an operator on real numbers where integers are needed."""
    problem = f"{kind(op)} works on real numbers here"
    case = case_of(kind(op), problem)
    if case is None:
        return ModelError(name, problem, "quantise its result, or remove it")
    return ModelError(name, f"{problem}: {case.because}", case.instead)


def kind(op: Op) -> str:
    """What an operator is called in messages."""
    return "Relu" if op == RELU else getattr(op, "known_as", type(op).__name__)
