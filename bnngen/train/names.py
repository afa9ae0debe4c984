"""What a trained network's numbers stand for: its classes, and how raw columns become its codes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bnngen.reference.input_codes import float_edges
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.names import Names
from bnngen.reference.preprocessing import NumberColumn, Preprocessing, RawColumn, WordColumn
from bnngen.reference.resized_samples import ResizedSamples
from bnngen.reference.sample_thermometer import SampleThermometer
from bnngen.train.datasets.dataset import SourceColumn
from bnngen.train.inputs import Prepared


def run_names(prepared: Prepared, quantizer: Quantizer) -> Names:
    """The names of a run's data, and their preprocessing for the network with this ``quantizer``.

    There is a preprocessing for the columns of a CSV file, and for a thermometer code of other tables, whose
    features are called feature_0, feature_1 and so on, and of images and sequences that are resized as well.
    """
    names, columns = Names(prepared.data.names), _columns(prepared)
    if not columns:
        return replace(names, preprocessing=_samples(prepared, quantizer))
    label = None if prepared.data.table is None else prepared.data.table.label
    made = Preprocessing(tuple(_raw_columns(columns, prepared, quantizer)), label)
    return replace(names, columns=made.names, preprocessing=made)


def _samples(prepared: Prepared, quantizer: Quantizer) -> SampleThermometer | ResizedSamples | None:
    """The thermometer of images and sequences, or what makes them smaller; None where there is neither, or
    elements of a thermometer differ in codes."""
    layout = prepared.layout
    thresholds, resize, places_last = layout.thresholds, layout.resize, layout.rank == 1
    if thresholds is None:
        return None if resize is None else ResizedSamples(resize, places_last)
    low, high = (set(codes.reshape(-1).tolist()) for codes in _both_codes(prepared, quantizer))
    if len(low) > 1 or len(high) > 1:
        return None
    shape = layout.stored_shape(prepared.stored.train.x) if resize is None else resize.resized_shape
    lowest = low.pop()
    return SampleThermometer(shape, _floats(thresholds[0]), places_last, lowest, high.pop() - lowest, resize)


def _columns(prepared: Prepared) -> tuple[SourceColumn, ...]:
    if prepared.data.table is not None:
        return prepared.data.table.used
    x = prepared.stored.train.x
    if x.ndim > 2 or prepared.layout.thresholds is None:
        return ()
    return tuple(SourceColumn(f"feature_{k}", "number", 0) for k in range(x.shape[1]))


def _raw_columns(
    columns: tuple[SourceColumn, ...], prepared: Prepared, quantizer: Quantizer
) -> Iterator[RawColumn]:
    """The columns one after another; each takes the features and the elements behind those of the last."""
    thresholds = prepared.layout.thresholds
    low, high = _both_codes(prepared, quantizer)
    edges = None if thresholds is not None else float_edges(quantizer, np.dtype(np.float32))
    feature = element = 0
    for column in columns:
        if column.words:
            here = slice(element, element + len(column.words))
            yield WordColumn(column.name, column.words, _whole(low[here]), _whole(high[here]))
            element += len(column.words)
        elif thresholds is not None:
            levels = thresholds[feature]
            if len(levels):  # one value in all training samples tells nothing
                first, step = int(low[element]), int(high[element] - low[element])
                yield NumberColumn(column.name, _floats(levels), True, first, step, column.fill)
            element += len(levels)
        else:
            assert edges is not None
            row, step = edges[feature % len(edges)], 2 if quantizer.type.bipolar else 1
            finite = _floats(row[np.isfinite(row)])
            yield NumberColumn(column.name, finite, False, quantizer.type.lo, step, column.fill)
            element += 1
        feature += column.features


def _both_codes(prepared: Prepared, quantizer: Quantizer) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The code of each element where a word is absent or a threshold not reached, and where it is."""
    absent = 0.0 if prepared.layout.thresholds is None else -1.0
    low, high = quantizer.quantize(np.stack([np.full(prepared.shape, absent), np.ones(prepared.shape)]))
    return low, high


def _whole(codes: NDArray[np.int64]) -> tuple[int, ...]:
    return tuple(int(code) for code in codes)


def _floats(values: NDArray[np.float32]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
