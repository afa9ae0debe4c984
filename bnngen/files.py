"""Writing files so that a reader sees the old one or the new one whole, never a part."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from bnngen.errors import UsageError


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` in one step.

    Raises UsageError if the folder can't be written or the disk is full; the old file stays.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` in one step. Raises as `write_text`."""
    temporary = ""
    if not path.parent.is_dir():
        raise UsageError(f"can't write '{path}': there is no folder '{path.parent}'")
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        raise UsageError(f"can't write '{path}': {error.strerror}") from error
    finally:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)


def make_folder(path: Path) -> None:
    """Make the folder ``path`` and those above it. Raises UsageError if that is not possible."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(0, "Permission denied")
    except OSError as error:
        raise UsageError(f"can't write to the folder '{path}': {error.strerror}") from error
