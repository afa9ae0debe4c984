"""A traced layer in figures, for people and scripts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bnngen.base.text import shown
from bnngen.ir.elementwise import Affine, Clip
from bnngen.ir.graph import Node
from bnngen.ir.step import Step
from bnngen.numbers.exact import Exact
from bnngen.passes.chain import parameters
from bnngen.passes.ends import kind
from bnngen.passes.trace import Trace, TracedChannel, TracedLevel
from bnngen.passes.trace_file import FileOperator
from bnngen.reference.network import nearest_float
from bnngen.reports.columns import Column
from bnngen.reports.records import Record, Whole

MOST_DIGITS_BITS = 1 << 12
"""Bits of a fraction that is written out."""


class NumberRecord(Record):
    """A real number: exactly, as sums of fractions and square roots, and as a decimal. Of one with very long
    fractions only the decimal is written."""

    exact: str
    value: str


class OperatorRecord(Record):
    """An operator behind the sums: the node of the file, its attributes, and what it does to a channel."""

    layer: str
    operator: str
    does: str


class LevelRecord(Record):
    """A threshold: see `TracedLevel`; ``code`` is what is reached there."""

    code: int
    strict: bool
    real: NumberRecord | None
    sums: NumberRecord | None
    integer: int | None


class ChannelRecord(Record):
    """See `TracedChannel`; ``weights`` are the file's, as integers."""

    channel: Whole
    weights: list[int]
    mul: NumberRecord
    add: NumberRecord
    range: list[int]
    negated: bool
    inverted: bool
    operators: list[OperatorRecord]
    levels: list[LevelRecord]
    table: list[int]
    checked: Whole
    wrong: Whole


class TraceRecord(Record):
    """Of ``bnngen inspect --trace``."""

    layer: str
    operator: str
    input_type: str
    weight_type: str
    output_type: str
    channels: list[ChannelRecord]


def record_of_trace(trace: Trace, operators: Mapping[str, FileOperator]) -> TraceRecord:
    """A trace as a record."""
    return TraceRecord(
        layer=shown(trace.start.name),
        operator=operators[trace.start.name].text,
        input_type=str(trace.layer.input_type),
        weight_type=str(trace.layer.weight_type or ""),
        output_type=str(trace.codes),
        channels=[_channel(trace, channel, operators) for channel in trace.channels],
    )


def _channel(trace: Trace, channel: TracedChannel, operators: Mapping[str, FileOperator]) -> ChannelRecord:
    weights = getattr(trace.start.op, "weights", None)
    chain = channel.chain
    return ChannelRecord(
        channel=channel.channel,
        weights=[] if weights is None else weights[channel.channel].tolist(),
        mul=number_record(channel.mul),
        add=number_record(channel.add),
        range=list(channel.range),
        negated=channel.negated,
        inverted=channel.inverted,
        operators=[
            OperatorRecord(
                layer=shown(operators[n.name].name), operator=operators[n.name].text, does=_does(n, c)
            )
            for n, c in zip(chain.nodes, chain.channels, strict=True)
        ],
        levels=[_level(chain.last, number, level) for number, level in enumerate(channel.levels, start=1)],
        table=list(channel.table),
        checked=channel.checked,
        wrong=channel.wrong,
    )


def _level(step: Step, number: int, level: TracedLevel) -> LevelRecord:
    return LevelRecord(
        code=step.type.lo + step.step * number,
        strict=level.strict,
        real=None if level.real is None else number_record(level.real),
        sums=None if level.sums is None else number_record(level.sums),
        integer=level.integer,
    )


def number_record(value: Exact) -> NumberRecord:
    """A number in words and digits."""
    bits = max(
        (
            c.numerator.bit_length() + c.denominator.bit_length() + r.bit_length()
            for r, c in value.terms.items()
        ),
        default=1,
    )
    decimal = f"{nearest_float(value):.7g}"
    return NumberRecord(exact=repr(value) if bits <= MOST_DIGITS_BITS else f"about {decimal}", value=decimal)


def _does(node: Node, channel: int) -> str:
    """What an operator makes of x in a channel."""
    op: Any = node.op
    if isinstance(op, Affine):
        mul, add = (nearest_float(value) for value in parameters(op, channel))
        return f"{mul:.6g} x" + (f" {'-' if add < 0 else '+'} {abs(add):.6g}" if add else "")
    if isinstance(op, Clip):
        low, high = ("" if end is None else f"{nearest_float(end):g}" for end in (op.low, op.high))
        return f"from {low or '-inf'} to {high or 'inf'}"
    if isinstance(op, Step):
        return f"to {op.type}"
    return kind(op)


def traced_levels(channel: ChannelRecord) -> tuple[Column[LevelRecord], ...]:
    """The columns of a channel's thresholds."""

    def text(number: Callable[[LevelRecord], NumberRecord | None]) -> Callable[[LevelRecord], str]:
        def cell(level: LevelRecord) -> str:
            found = number(level)
            return "-" if found is None else found.value

        return cell

    def clipped(level: LevelRecord) -> str:
        if level.integer is None:
            return "-"
        return f"{min(max(level.integer, channel.range[0]), channel.range[1] + 1):,}"

    def exactly(level: LevelRecord) -> str:
        return "-" if level.sums is None else level.sums.exact

    return (
        Column("code", "what is reached there", lambda r: str(r.code)),
        Column(
            "real", "the threshold in the units of the layer's outputs in the file", text(lambda r: r.real)
        ),
        Column("sums", "the same in units of the integer sums", text(lambda r: r.sums)),
        Column(
            "", "whether on the threshold itself the level is reached", lambda r: ">" if r.strict else ">="
        ),
        Column(
            "integer", "the least sum that counts", lambda r: "-" if r.integer is None else f"{r.integer:,}"
        ),
        Column("in the table", "the same within the range of the sums", clipped),
        Column("exactly", "the threshold in units of the sums, as it is", exactly, number=False),
    )
