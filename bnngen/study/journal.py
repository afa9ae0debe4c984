"""A journal file, which workers on several machines may share over a network's file system."""

from __future__ import annotations

import os
from pathlib import Path

from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

from bnngen.base.errors import UsageError

_BEGIN = b'{"op_code"'
"""How every line begins, so the file too."""
_BLOCK = 1 << 16


def open_journal(path: Path) -> JournalStorage:
    """The storage in the file ``path``, which is made if it is not there. Raises UsageError if that is
    somebody else's file or its folder is not there, OSError if it can't be used."""
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder '{path.parent}' for the journal file '{path}': make it first")
    if path.exists():
        with path.open("rb") as file:
            begin = file.read(len(_BEGIN))
        if not _BEGIN.startswith(begin):
            raise UsageError(f"'{path}' is not a journal file of Optuna's: name another file")
    path = path.absolute()
    return JournalStorage(JournalFileBackend(str(path), _WholeLines(path)))


class _WholeLines(JournalFileOpenLock):
    """The lock under which workers append: what a killed one has begun, and nobody has read, goes first.

    The lock of a killed worker itself is lifted after half a minute, by whoever waits for it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self._path = path

    def acquire(self) -> bool:
        """Wait for the lock; then the file ends with a whole line."""
        super().acquire()
        try:
            drop_unfinished_line(self._path)
        except BaseException:
            self.release()
            raise
        return True


def drop_unfinished_line(path: Path) -> None:
    """Cut off what stands behind the last end of a line."""
    with path.open("r+b") as file:
        size = whole = file.seek(0, os.SEEK_END)
        while whole:
            start = max(0, whole - _BLOCK)
            file.seek(start)
            if end := file.read(whole - start).rfind(b"\n") + 1:
                whole = start + end
                break
            whole = start
        if whole != size:
            file.truncate(whole)
