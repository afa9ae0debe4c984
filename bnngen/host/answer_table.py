"""The board's answers as a person reads them: names of classes, scores, a CSV file."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bnngen.base.files import write_text
from bnngen.reference.network import Network


def class_names(network: Network, y: NDArray[np.int64]) -> list[str]:
    """The class of each frame by its name, or its index where there are no names; of a map of classes all,
    with spaces between."""
    found = network.classes(y).reshape(len(y), -1)
    names = network.names.classes
    return [" ".join(names[k] if k < len(names) else str(k) for k in row) for row in found.tolist()]


def write_answers(path: Path, network: Network, y: NDArray[np.int64]) -> None:
    """Write a table with the class of each of the answers ``y`` (N, outputs) and, unless the network ends in
    the class, the model's real outputs. Raises UsageError if ``path`` can't be written."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    scores = [[]] * len(y) if network.class_index else _scores(network, y).tolist()
    width = len(scores[0]) if scores else 0
    table.writerow(["class", *_score_names(network, width)])
    for name, row in zip(class_names(network, y), scores, strict=True):
        table.writerow([name, *row])
    write_text(path, text.getvalue())


def _scores(network: Network, y: NDArray[np.int64]) -> NDArray[np.float64]:
    return network.host.real_outputs(y).reshape(len(y), -1)


def _score_names(network: Network, width: int) -> list[str]:
    names = network.names.classes
    return [f"score_{names[k]}" if len(names) == width else f"score_{k}" for k in range(width)]
