"""Finding and opening the files of a data set."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from bnngen.base.errors import DataError, RecipeError
from bnngen.base.npz import MOST_BYTES
from bnngen.train.recipe import DataTable


def required_path(table: DataTable, kind: str) -> Path:
    """The recipe's path. Raises RecipeError if it gives none."""
    if table.path is None:
        raise RecipeError(f"missing: the data set '{table.name}' is {kind}", "data.path")
    return table.path


def read_whole(path: Path) -> bytes:
    """The contents of a file, unpacked if it ends in .gz. Raises DataError, also if they are more than
    `MOST_BYTES`."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            contents: bytes = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"can't read the data '{path}' (from the folder '{Path.cwd()}'): {reason}") from error
    if len(contents) > MOST_BYTES:
        raise DataError(f"'{path}' holds more than {MOST_BYTES:,} bytes, unpacked: cut it into several files")
    return contents
