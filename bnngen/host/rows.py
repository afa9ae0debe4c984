"""The frames that a user brings: raw rows of a CSV file, or an NPZ file, with labels if there are any."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import DataError
from bnngen.reference.data_file import Data, load_data, quantize
from bnngen.reference.network import Network
from bnngen.reference.resize import Resize
from bnngen.reference.resized_samples import ResizedSamples
from bnngen.reference.table_file import TextTable, numbers_of, read_table

STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Rows:
    """The ``data`` that were found, and what a person should look at twice."""

    data: Data
    warnings: list[str] = field(default_factory=list)


def load_rows(path: Path, network: Network) -> Rows:
    """The rows of the file ``path``: NPZ, else CSV; "-" is CSV on standard input.

    Raises DataError if they can't be read, or don't suit the network.
    """
    if path.suffix.lower() == ".npz":
        return Rows(load_data(path, network))
    if str(path) == STANDARD_INPUT:
        return rows_of(sys.stdin.buffer.read(), "standard input", network)
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise DataError(f"'{path}' can't be read: {error.strerror or error}") from None
    return rows_of(contents, f"'{path}'", network)


def rows_of(contents: bytes, where: str, network: Network) -> Rows:
    """The rows in the ``contents`` of a CSV file. Raises DataError that begins with ``where``."""
    names = network.names
    rules = names.preprocessing
    wanted = names.columns if rules is None else rules.names
    label = None if rules is None else rules.label
    table = read_table(contents, where, names=[*wanted, *([label] if label else [])])
    if isinstance(rules, ResizedSamples):
        codes = _resized(table, rules.resize, network)
    else:
        codes = _quantized(table, network) if rules is None else rules.table_codes(table)
    labels, warnings = _labels(table, label, network)
    return Rows(Data(codes.reshape(len(codes), *network.input_shape), labels), warnings)


def _quantized(table: TextTable, network: Network) -> NDArray[np.integer]:
    """The codes of rows that are the network's inputs as they stand, one column an element."""
    names = network.names.columns
    found = [table.columns[n] for n in names] if names and set(names) <= set(table.columns) else None
    columns = found or list(table.columns.values())
    if len(columns) != network.elements_in:
        raise DataError(
            f"{table.where} has {len(columns)} columns; the network takes {network.elements_in} numbers a row"
        )
    x = numbers_of(columns, table.where).reshape(-1, *network.model_shape)
    return quantize(x, network, where=table.where)


def _resized(table: TextTable, resize: Resize, network: Network) -> NDArray[np.integer]:
    """The codes of rows that are stored samples, which become the network's inputs: channel after channel."""
    x = np.moveaxis(resize.table_samples(table), -1, 1).reshape(-1, *network.model_shape)
    return quantize(x, network, where=table.where)


def _labels(
    table: TextTable, label: str | None, network: Network
) -> tuple[NDArray[np.int64] | None, list[str]]:
    """The classes that the column ``label`` names, if there is one."""
    if label is None or label not in table.columns or len(network.class_shape):
        return None, []
    known = {name: index for index, name in enumerate(network.names.classes)}
    cells = table.columns[label]
    if strange := [cell for cell in cells if cell not in known]:
        return None, [f"{table.where}: {strange[0]!r} in column {label!r} is no class: no accuracy"]
    return np.array([known[cell] for cell in cells], np.int64), []
