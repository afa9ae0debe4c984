"""The columns of the tables: the screen, the pages and docs/guide.md show the same ones.

A heading is short, for a narrow screen; what it means stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bnngen.reports.records import LayerRecord
from bnngen.reports.results import (
    CandidateRecord,
    ClassOutcome,
    ConvertedLayer,
    ProductRecord,
    SummaryRow,
    TableColumn,
)
from bnngen.reports.sub_networks import SubnetRecord

Row = TypeVar("Row")


@dataclass(frozen=True)
class Column(Generic[Row]):
    """What a table says of each row in one place; ``cell`` is the text. Numbers are aligned to the right.
    ``page_only``: a screen is too narrow for it."""

    heading: str
    meaning: str
    cell: Callable[[Row], str]
    number: bool = True
    page_only: bool = False


def number(value: int | None) -> str:
    """A number, or a dash where there is none."""
    return "-" if value is None else f"{value:,}"


def share(value: float | None) -> str:
    """A share in percent, or a dash where there is none."""
    return "-" if value is None else f"{100 * value:.2f} %"


def rate(value: float | None) -> str:
    """Frames a second, or a dash where there is nothing that could carry any."""
    return "-" if value is None else f"{value:,.0f}"


def sizes(student: CandidateRecord) -> str:
    """The widths of a student's layers, then those of its dense ones."""
    return "-".join(map(str, [*student.widths, *student.dense]))


def _kind(row: SummaryRow) -> str:
    return f"{row.op} {_short(row.window)}".strip()


def _shape(row: SummaryRow) -> str:
    return "x".join(map(str, row.output_shape))


def _holds(row: TableColumn) -> str:
    return (
        f"{row.type}s ({row.words:,})" if row.words else f"{row.type}s" if row.type == "number" else row.type
    )


def _short(type_: str) -> str:
    """A type without its range, a window without its steps."""
    return type_.split(" ")[0]


LAYERS: tuple[Column[SummaryRow], ...] = (
    Column("layer", "its name in the model file", lambda r: r.name, number=False),
    Column("kind", "the operator, and its window", _kind, number=False),
    Column("output", "the shape of what comes out", _shape, number=False),
    Column("weights", "the type of the weights", lambda r: _short(r.weight_type), number=False),
    Column("type", "the type of what comes out", lambda r: _short(r.output_type), number=False),
    Column("bit ops", "products, times the bits of both factors", lambda r: number(r.bit_operations)),
    Column("weight bits", "bits of all weights", lambda r: number(r.weight_bits)),
)
"""Of ``bnngen inspect``."""

CANDIDATES: tuple[Column[CandidateRecord], ...] = (
    Column("student", "its number, with which its folder begins", lambda r: str(r.number), number=False),
    Column("start", "what it began as, scratch or pruned", lambda r: r.start, number=False),
    Column("sizes", "widths of the layers", sizes, number=False),
    Column("bits", "of weights and activations", lambda r: f"{r.weight_bits}W{r.act_bits}A", number=False),
    Column("epochs", "for how many it has learned", lambda r: str(r.epochs)),
    Column("kbit", "bits of all weights, in thousands", lambda r: f"{r.weight_memory_bits / 1000:.0f}"),
    Column("RAMs", "block RAMs", lambda r: str(r.bram)),
    Column("LUTs", "as estimated", lambda r: number(r.lut)),
    Column("frames/s", "frames a second", lambda r: rate(r.fps)),
    Column("line", "frames a second over the serial line", lambda r: rate(r.link_fps), page_only=True),
    Column("valid.", "accuracy on the validation part", lambda r: f"{100 * r.validation_accuracy:.2f} %"),
)
"""Of ``bnngen compress``, on the screen and in compress.html."""

SUBNETS: tuple[Column[SubnetRecord], ...] = (
    Column("network", "its number in the search", lambda r: str(r.number), number=False),
    Column("sizes", "input, blocks x channels of each width, neurons", lambda r: r.sizes, number=False),
    Column("bits", "of weights and activations", lambda r: r.bits, number=False),
    Column("kbit", "bits of all weights, in thousands", lambda r: f"{r.weight_memory_bits / 1000:.0f}"),
    Column("RAMs", "block RAMs", lambda r: str(r.bram)),
    Column("LUTs", "as estimated", lambda r: number(r.lut)),
    Column("frames/s", "frames a second", lambda r: rate(r.fps)),
    Column("line", "frames a second over the serial line", lambda r: rate(r.link_fps), page_only=True),
    Column("predicted", "accuracy as predicted", lambda r: f"{100 * r.predicted_accuracy:.2f} %"),
    Column("valid.", "accuracy on the validation part, if judged", lambda r: share(r.validation_accuracy)),
)
"""Of ``bnngen specialize``, on the screen and in specialize.html."""

PRODUCTS: tuple[Column[ProductRecord], ...] = (
    Column("layer", "its name in the model file", lambda r: r.name, number=False),
    Column("weights", "how many there are", lambda r: number(r.weights)),
    Column("bits", "of each weight", lambda r: str(r.weight_bits)),
    Column("signal over noise, dB", "power of what comes out over its error's", lambda r: f"{r.sqnr_db:.1f}"),
)
"""Of ``bnngen quantize``."""


CONVERTED: tuple[Column[ConvertedLayer], ...] = (
    Column("layer", "its name in the model file", lambda r: r.name, number=False),
    Column("read", "its operator there", lambda r: r.read, number=False),
    Column("weights", "its numbers there", lambda r: r.weights or "-", number=False),
    Column(
        "from", "the operators that make them, the last one first", lambda r: r.source or "-", number=False
    ),
    Column("type", "the type of what comes out", lambda r: _short(r.output_type), number=False),
)
"""Of ``bnngen convert``."""


FOUND: tuple[Column[TableColumn], ...] = (
    Column("column", "its name in the table", lambda r: r.name, number=False),
    Column("holds", "numbers, words (how many), or else", lambda r: _holds(r), number=False),
    Column("missing", "cells without a value", lambda r: number(r.missing)),
    Column("bits", "bits of the network's input", lambda r: number(r.bits)),
    Column("left out", "why it is not learned from", lambda r: r.note, number=False, page_only=True),
)
"""Of ``bnngen train`` on a CSV file, before it learns."""

MOST_ANSWERS = 8
"""Classes whose answers fit a screen beside each other."""


def outcomes(classes: Sequence[ClassOutcome]) -> tuple[Column[ClassOutcome], ...]:
    """Of ``bnngen train`` at its end: the recall of each class, and the confusion matrix, or on a screen
    without room for it the commonest mistake."""
    room = len(classes) <= MOST_ANSWERS

    def answer(index: int) -> Column[ClassOutcome]:
        name = classes[index].name
        return Column(
            name,
            f"got the answer {name}",
            lambda r: number(r.answers[index]),
            page_only=not room,
        )

    def mistaken(row: ClassOutcome) -> str:
        other = row.mistaken
        return "-" if other is None else f"{classes[other].name} ({number(row.answers[other])})"

    return (
        Column("class", "that of the samples", lambda r: r.name, number=False),
        Column("samples", "how many there are", lambda r: number(r.samples)),
        Column("recall", "the share that was right", lambda r: share(r.recall)),
        Column("mistaken for", "the wrong answer that most got", mistaken, number=False, page_only=room),
        *(answer(k) for k in range(len(classes))),
    )


def build_layers(bram_kind: str) -> tuple[Column[LayerRecord], ...]:
    """Of ``bnngen build``, on the screen and in report.html, for a device whose block RAMs are called so."""
    return (
        Column("layer", "its name in the model file", lambda r: r.name, number=False),
        Column("operator", "what it computes", lambda r: r.op, number=False, page_only=True),
        Column("PE", "outputs that are computed at once", lambda r: number(r.pe)),
        Column("SIMD", "products of each output that are added at once", lambda r: number(r.simd)),
        Column("cycles", "clock cycles a frame", lambda r: number(r.cycles)),
        Column("weights", "bits of all weights", lambda r: number(r.weight_bits)),
        Column("in", "where the weights are: block RAM, logic, or counted", lambda r: r.weight_memory or "-"),
        Column("LUTs", "as estimated", lambda r: number(r.lut_estimate)),
        Column(bram_kind, "block RAMs", lambda r: number(r.bram_estimate)),
    )
