"""What was found in a table, before anything is learned from it."""

from __future__ import annotations

import numpy as np

from bnngen.reports.results import ClassCount, TableColumn, TableRecord
from bnngen.train.datasets.dataset import DataSet
from bnngen.train.inputs import Prepared


def table_record(prepared: Prepared) -> TableRecord | None:
    """What the CSV file held, and the bits that it becomes; None if the data come from elsewhere."""
    source = prepared.data.table
    if source is None:
        return None
    bits, feature, columns = _feature_bits(prepared), 0, []
    for column in source.columns:
        made = sum(bits[feature : feature + column.features])
        feature += column.features
        columns.append(
            TableColumn(
                name=column.name,
                type=column.kind,
                missing=column.missing,
                words=len(column.words),
                bits=made,
                note=column.note,
            )
        )
    return TableRecord(
        file=source.file,
        rows=source.rows,
        dropped=source.dropped,
        delimiter=source.delimiter,
        header=source.header,
        label=source.label,
        columns=columns,
        classes=_class_counts(prepared.data),
        bits=sum(bits),
    )


def _feature_bits(prepared: Prepared) -> list[int]:
    """How many bits each feature becomes."""
    thresholds = prepared.layout.thresholds
    if thresholds is not None:
        return [len(levels) for levels in thresholds]
    return [prepared.code.bits] * prepared.stored.train.x.shape[1]


def _class_counts(data: DataSet) -> list[ClassCount]:
    labels = np.concatenate([part.y for part in (data.train, data.validation, data.test)])
    counts = np.bincount(labels, minlength=len(data.names))
    return [ClassCount(name=name, rows=int(n)) for name, n in zip(data.names, counts, strict=True)]
