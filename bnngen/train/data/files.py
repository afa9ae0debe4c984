"""Finding and opening the files of a data set."""

from __future__ import annotations

import gzip
from pathlib import Path

from bnngen.errors import DataError, RecipeError
from bnngen.train.recipe import DataTable


def required_path(table: DataTable, kind: str) -> Path:
    """The recipe's path. Raises RecipeError if it gives none."""
    if table.path is None:
        raise RecipeError(f"missing: the data set '{table.name}' is {kind}", "data.path")
    return table.path


def read_whole(path: Path) -> bytes:
    """The contents of a file, unpacked if it ends in .gz. Raises DataError."""
    try:
        return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"can't read the data '{path}' (from the folder '{Path.cwd()}'): {reason}") from error
