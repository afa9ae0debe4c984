"""What the commands find, as typed records: their ``--json`` has all of it, keys as here."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bnngen.reports.records import ImportCheckRecord, Number, Positive, Record, Share, SimulationRecord, Whole


class InputRecord(Record):
    """What a network takes."""

    shape: list[Whole]
    type: str
    rounding: str


class SummaryRow(Record):
    """A layer in figures; texts are empty where it has no such thing."""

    name: str
    op: str
    window: str
    elements_in: Whole
    elements_out: Whole
    output_shape: list[Whole]
    input_type: str
    output_type: str
    weight_type: str
    parameters: Whole
    bit_operations: Whole
    weight_bits: Whole


class TotalRecord(Record):
    """The sums over all layers; ``float32_bits`` are those of the same weights in float32."""

    parameters: Whole
    bit_operations: Whole
    weight_bits: Whole
    float32_bits: Whole


class SummaryRecord(Record):
    """Of ``bnngen inspect``; ``title`` and ``host`` are the ends of the network in words, ``classes`` and
    ``columns`` the names that its file carries."""

    title: str
    host: str
    input: InputRecord
    layers: list[SummaryRow]
    total: TotalRecord
    classes: list[str] = Field(default_factory=list)
    columns: list[str] = Field(default_factory=list)


class GoldenRecord(Record):
    """Of ``bnngen golden``. Without labels there is no accuracy."""

    frames: Whole
    correct: Whole | None
    accuracy: Share | None
    wall_s: Number
    import_check: ImportCheckRecord | None
    warnings: list[str]


class SimulateRecord(SimulationRecord):
    """Of ``bnngen simulate``: what was found, and of what."""

    warnings: list[str]
    stall: Share
    seed: int
    netlist: bool
    routed: bool


class AskRecord(Record):
    """Of ``bnngen run``: ``differing`` answers are not the golden model's. So many frames were ``repeated``,
    because an answer was lost or damaged, and the port ``reopened``. Without labels there is no accuracy."""

    frames: Whole
    differing: Whole
    correct: Whole | None
    accuracy: Share | None
    repeated: Whole
    reopened: Whole
    frames_per_second: Number
    wall_s: Number
    warnings: list[str]


class TableColumn(Record):
    """A column of a table, and the ``bits`` of the accelerator's input that it becomes. ``words``: how many
    different ones it holds, 0 for numbers; ``note`` says why it is left out, if it is."""

    name: str
    type: str
    missing: Whole
    words: Whole
    bits: Whole
    note: str


class ClassCount(Record):
    """A class, and how many rows have it as their label."""

    name: str
    rows: Whole


class TableRecord(Record):
    """What was found in a CSV file: ``dropped`` rows have gaps; ``columns`` are all but the label's."""

    file: str
    rows: Whole
    dropped: Whole
    delimiter: str
    header: bool
    label: str
    columns: list[TableColumn]
    classes: list[ClassCount]
    bits: Whole

    @property
    def used(self) -> int:
        """How many columns are learned from."""
        return sum(not column.note for column in self.columns)


class ClassOutcome(Record):
    """A row of the confusion matrix: how often the samples of a class got each class for an answer."""

    index: Whole
    name: str
    answers: list[Whole]

    @property
    def samples(self) -> int:
        """How many there are of this class."""
        return sum(self.answers)

    @property
    def correct(self) -> int:
        """How many were right."""
        return self.answers[self.index]

    @property
    def mistaken(self) -> int | None:
        """The index of the wrong answer that most of the samples got, if any did."""
        others = [count if k != self.index else 0 for k, count in enumerate(self.answers)]
        return others.index(max(others)) if any(others) else None

    @property
    def recall(self) -> float | None:
        """The share that was right, if there are any."""
        return self.correct / self.samples if self.samples else None


class RunRecord(Record):
    """Of ``bnngen train``, and the last line of its log: on the test part, or on the validation part.

    ``outcomes`` is the confusion matrix, of networks of up to `MOST_OUTCOMES` classes; ``table`` is what a
    CSV file held.
    """

    judge: Literal["golden", "torch"]
    validation_accuracy: Share
    validation_samples: Whole | None = None
    validation_correct: Whole | None = None
    test_samples: Whole | None = None
    test_correct: Whole | None = None
    test_accuracy: Share | None = None
    epochs: Whole
    seconds: Number
    seed: Whole
    weights: Whole
    nonzero_weights: Whole
    warnings: list[str] = Field(default_factory=list)
    outcomes: list[ClassOutcome] = Field(default_factory=list)
    table: TableRecord | None = None


MOST_OUTCOMES = 256
"""Of more classes the matrix has tens of thousands of numbers."""


class CandidateRecord(Record):
    """A student of a search. ``fps`` is the accelerator's rate, ``link_fps`` that of the board's serial line,
    if it has one."""

    number: Whole
    start: str
    widths: list[Whole]
    dense: list[Whole]
    weight_bits: Whole
    act_bits: Whole
    epochs: Whole
    weight_memory_bits: Whole
    bram: Whole
    lut: Whole
    fps: Positive
    link_fps: Number | None = None
    validation_accuracy: Share
    final: bool


class WinnerRecord(CandidateRecord):
    """The best student; ``test`` is what it got of the test part, without warnings."""

    test: RunRecord


class SearchRecord(Record):
    """Of ``bnngen compress``, and candidates.json."""

    board: str
    candidates: list[CandidateRecord]
    winner: WinnerRecord
    warnings: list[str]

    @property
    def ranked(self) -> list[CandidateRecord]:
        """The students, the best first."""
        return sorted(self.candidates, key=lambda c: -c.validation_accuracy)


class ProductRecord(Record):
    """A layer that was quantised: its number of ``weights``, their bits, and its outputs' power over their
    error's, in dB."""

    name: str
    weights: Whole
    weight_bits: Whole
    sqnr_db: float


class QuantizeRecord(Record):
    """Of ``bnngen quantize``. A file without test data brings no accuracy, and only a run one in float."""

    layers: list[ProductRecord]
    weight_bits: Whole
    calibration_samples: Whole
    warnings: list[str]
    validation_samples: Whole | None = None
    validation_correct: Whole | None = None
    validation_correct_in_float: Whole | None = None
    test_samples: Whole | None = None
    test_correct: Whole | None = None
    test_correct_in_float: Whole | None = None


class ConvertedLayer(Record):
    """A layer, and what it was read from: ``read`` is its operator in the source; ``weights`` are its numbers
    in words, and ``source`` the operators that make them, the last one first; empty where it has none."""

    name: str
    read: str
    weights: str
    source: str
    output_shape: list[Whole]
    output_type: str


class ConvertRecord(Record):
    """Of ``bnngen convert``; ``choices`` are those that were made, as they are typed."""

    source: str
    input: str
    output: str
    choices: dict[str, str]
    layers: list[ConvertedLayer]
