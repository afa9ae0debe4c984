"""Writing files so that a reader sees the old one or the new one whole, never a part."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bnngen.base.errors import UsageError

try:
    import fcntl
except ImportError:  # not on this system: folders are not locked there
    fcntl = None  # type: ignore[assignment]

UNFINISHED = re.compile(r"\.bnngen-(new|work)-[a-z0-9_]{8}")
"""What files and folders in the making are called: nobody else has such names."""
NEW, WORK = ".bnngen-new-", ".bnngen-work-"
"""How the names of files in the making begin, and those of folders to work in."""
_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM}


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` in one step.

    Raises UsageError if the folder can't be written or the disk is full; the old file stays.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` in one step. Raises as `write_text`.

    Where ``path`` is a link, what it leads to is replaced; a device or a pipe is written to.
    """
    if not path.parent.is_dir():
        raise UsageError(f"can't write '{path}': there is no folder '{path.parent}'")
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            _replace(Path(os.path.realpath(path)), data)
    except OSError as error:
        raise UsageError(f"can't write '{path}': {error.strerror}") from error


def _replace(path: Path, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=NEW)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):  # it has been renamed
            os.unlink(temporary)


def make_folder(path: Path) -> None:
    """Make the folder ``path`` and those above it. Raises UsageError if that is not possible."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(0, "Permission denied")
    except OSError as error:
        raise UsageError(f"can't write to the folder '{path}': {error.strerror}") from error


@contextlib.contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turns what a full or read-only disk raises inside into a UsageError that names ``folder``."""
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise
        raise UsageError(f"can't write to the folder '{folder}': {error.strerror}") from error


@contextlib.contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Inside, no other process that asks for the same ``folder`` gets it. The folder must exist.

    The system itself lifts the lock when a process ends, and no file shows it. Where the file system has no
    locks there is none. Raises UsageError if another process has the folder.
    """
    handle = os.open(folder, os.O_RDONLY) if fcntl else None
    try:
        if handle is not None:
            _lock(handle, folder)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(
            f"another run is writing to the folder '{folder}': wait for its end, or name another folder"
        ) from None
    except OSError:
        return  # this file system has no locks
