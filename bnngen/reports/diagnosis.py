"""What is in the way of a model, for people and scripts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

from bnngen.passes.diagnosis import Diagnosis
from bnngen.reports.columns import Column
from bnngen.reports.records import Record, Whole

MARKS = {"read": "", "constant": "", "refused": "✗", "not reached": "·"}
"""What stands beside a layer of the file."""


class FileLayerRecord(Record):
    """A node of the file; ``shape`` is that of its first output, as the file has it, where it is known."""

    name: str
    operator: str
    shape: list[Whole] | None
    state: Literal["read", "constant", "refused", "not reached"]


class ProblemRecord(Record):
    """A layer at fault: the reason, and what is accepted or to be done. What is no node has no operator."""

    layer: str
    operator: str
    reason: str
    remedy: str


class DiagnosisRecord(Record):
    """Of ``bnngen inspect`` on a file that is refused."""

    layers: list[FileLayerRecord]
    problems: list[ProblemRecord]


class Grouped(Record):
    """One reason and its remedy, with all layers that have them."""

    layers: list[str]
    reason: str
    remedy: str


def record_of(diagnosis: Diagnosis) -> DiagnosisRecord:
    """The same as a record."""
    return DiagnosisRecord(
        layers=[
            FileLayerRecord(
                name=layer.name,
                operator=layer.operator,
                shape=None if layer.shape is None else list(layer.shape),
                state=layer.state,
            )
            for layer in diagnosis.layers
        ],
        problems=[ProblemRecord(**asdict(problem)) for problem in diagnosis.problems],
    )


def grouped(record: DiagnosisRecord) -> list[Grouped]:
    """The problems with equal reasons together, in the order of their first layers."""
    layers: dict[tuple[str, str], list[str]] = {}
    for problem in record.problems:
        layers.setdefault((problem.reason, problem.remedy), []).append(problem.layer)
    return [Grouped(layers=names, reason=reason, remedy=remedy) for (reason, remedy), names in layers.items()]


def _shape(layer: FileLayerRecord) -> str:
    return "?" if layer.shape is None else "x".join(map(str, layer.shape))


def _mark(layer: FileLayerRecord) -> str:
    return MARKS[layer.state]


FILE_LAYERS: tuple[Column[FileLayerRecord], ...] = (
    Column("layer", "its name in the model file", lambda r: r.name, number=False),
    Column("operator", "as the file calls it", lambda r: r.operator, number=False),
    Column("output", "the shape of what comes out, as the file has it", _shape, number=False),
    Column("mark", "✗ is in the way, · not reached because of what is before it", _mark, number=False),
)
"""Of ``bnngen inspect`` on a file that is refused."""
