"""A diagnosis as a record: equal reasons together."""

from __future__ import annotations

from bnngen.frontend.survey import FileLayer
from bnngen.passes.diagnosis import Diagnosis, Obstacle
from bnngen.reports.diagnosis import FILE_LAYERS, grouped, record_of

DIAGNOSIS = Diagnosis(
    (FileLayer("a", "Relu", (1, 2), "refused"), FileLayer("b", "Relu", None, "not reached")),
    (Obstacle("a", "Relu", "no", "do"), Obstacle("b", "Relu", "never", "do"), Obstacle("c", "", "no", "do")),
)


def test_equal_reasons_are_together() -> None:
    found = [(g.layers, g.reason) for g in grouped(record_of(DIAGNOSIS))]
    assert found == [(["a", "c"], "no"), (["b"], "never")]


def test_a_row_of_the_table() -> None:
    layers = record_of(DIAGNOSIS).layers
    assert [[column.cell(layer) for column in FILE_LAYERS] for layer in layers] == [
        ["a", "Relu", "1x2", "✗"],
        ["b", "Relu", "?", "·"],
    ]
