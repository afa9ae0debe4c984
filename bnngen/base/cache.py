"""Results of slow tools, kept by content: ``$XDG_CACHE_HOME/bnngen/<tool>/<name>/``.

An entry is a folder made elsewhere and renamed into place once it is complete, with a manifest of its
files' digests: whoever looks sees all of it or nothing, and an entry that was damaged later is made again.
The cache only saves time: where it cannot be read or written, everything works without it.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from pathlib import Path

LIMIT_BYTES = 5_000_000_000
"""How large the cache may grow; beyond that, what was not used for longest goes first."""
IN_USE_S = 600
"""For how many seconds after its last use an entry stays in any case: someone may still be reading it."""

_MANIFEST = "manifest.json"
_OTHERS = ("YoWASP", "wasmtime")
"""What others keep beside our folder: machine code of WebAssembly tools."""
_ATTEMPTS = 3
_ABANDONED_S = 24 * 3600

_enabled: ContextVar[bool] = ContextVar("bnngen cache", default=True)
_log = logging.getLogger(__name__)


def cache_root() -> Path:
    """The folder of all entries, under ``$XDG_CACHE_HOME`` or else ``~/.cache``."""
    return _base() / "bnngen"


def _base() -> Path:
    chosen = os.environ.get("XDG_CACHE_HOME")
    return Path(chosen) if chosen else Path.home() / ".cache"


def cache_environment() -> dict[str, str]:
    """What a program that keeps things in ``$XDG_CACHE_HOME`` itself, as WebAssembly tools do, needs in its
    environment: nothing, or where that folder cannot be written another one."""
    folders = [_base(), *(_base() / name for name in _OTHERS)]
    try:
        _base().mkdir(parents=True, exist_ok=True)
        writable = all(os.access(path, os.W_OK | os.X_OK) for path in folders if path.exists())
    except OSError:
        writable = False
    return {} if writable else {"XDG_CACHE_HOME": str(process_folder())}


@contextlib.contextmanager
def caching(wanted: bool) -> Iterator[None]:
    """Inside, if not ``wanted``, nothing is taken from the cache and nothing is put there."""
    token = _enabled.set(wanted)
    try:
        yield
    finally:
        _enabled.reset(token)


def content_key(files: Iterable[Path], *facts: str) -> str:
    """A name for what is built from ``files`` (their names and contents) by the tools named in ``facts``."""
    digest = hashlib.sha256()
    for part in (*facts, *(f"{path.name}\0{_digest(path)}" for path in sorted(files))):
        digest.update(hashlib.sha256(part.encode()).digest())
    return digest.hexdigest()[:32]


def fetch(name: str, into: Path) -> bool:
    """Copies the files of the entry ``name`` ("tool/key") to the folder ``into``.

    False, and nothing more in ``into``, if there is no such entry or it is damaged.
    """
    entry = cache_root() / name
    files = _intact_files(entry) if _enabled.get() else []
    try:
        for file in files:
            shutil.copyfile(entry / file, into / file)
    except OSError:  # another process has just removed the entry
        for file in files:
            (into / file).unlink(missing_ok=True)
        return False
    _touch(entry)
    return bool(files)


def keep(name: str, files: Iterable[Path]) -> Path | None:
    """Puts copies of ``files`` into the cache as the entry ``name``, and old entries out of it.

    Returns the entry; None, with a warning in the log, if it cannot be written.
    """
    if not _enabled.get():
        return None
    entry = cache_root() / name
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=entry.parent) as temporary:
            _publish(_copies(files, Path(temporary, "result")), entry, Path(temporary, "damaged"))
        _prune(cache_root())
    except OSError as error:
        _log.warning("a result cannot be kept in the cache %s: %s", cache_root(), error.strerror or error)
        return None
    return entry


def cached(name: str, build: Callable[[Path, Path], None]) -> Path:
    """A folder with the entry ``name`` ("tool/key"), built first if it is missing or damaged.

    ``build(work, result)`` gets two empty folders: ``work`` is thrown away, ``result`` becomes the entry.
    If it raises, nothing stays behind. Two processes may build the same entry; one result is kept.
    Without a cache the folder lasts until the process ends.
    """
    own = process_folder() / name
    for entry in (cache_root() / name, own):
        if _enabled.get() and _intact_files(entry):
            _touch(entry)
            return entry
    with tempfile.TemporaryDirectory(prefix="bnngen-") as temporary:
        work, result = Path(temporary, "work"), Path(temporary, "result")
        work.mkdir()
        result.mkdir()
        build(work, result)
        kept = keep(name, result.iterdir())
        if kept is not None:
            return kept
        own.parent.mkdir(parents=True, exist_ok=True)
        _publish(_copies(result.iterdir(), Path(temporary, "own")), own, Path(temporary, "damaged"))
        return own


@functools.cache
def process_folder() -> Path:
    """A folder outside the cache that lasts as long as this process."""
    folder, process = Path(tempfile.mkdtemp(prefix="bnngen-")), os.getpid()

    def remove() -> None:
        if os.getpid() == process:  # not in a child that was forked
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder


def _copies(files: Iterable[Path], folder: Path) -> Path:
    """A new ``folder`` with copies of ``files`` and their manifest."""
    folder.mkdir()
    manifest = {path.name: _digest(Path(shutil.copy(path, folder))) for path in sorted(files)}
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
    return folder


def _publish(result: Path, entry: Path, aside: Path) -> None:
    """Renames ``result`` to ``entry``, unless another process has just put a good one there."""
    aside.mkdir()
    for attempt in range(_ATTEMPTS):
        try:
            os.rename(result, entry)
            return
        except OSError:
            if _intact_files(entry):
                return
        with contextlib.suppress(OSError):  # a damaged entry is in the way, or was until just now
            os.rename(entry, aside / str(attempt))
    os.rename(result, entry)


def _prune(root: Path) -> None:
    """Removes the entries that were not used for longest until the rest is within the limit, and what
    processes that were killed have left."""
    now = time.time()
    for abandoned in root.glob("*/.*"):
        if _last_use(abandoned) < now - _ABANDONED_S:
            shutil.rmtree(abandoned, ignore_errors=True)
    entries = sorted((path for path in root.glob("*/[!.]*")), key=_last_use)
    sizes = {entry: _size(entry) for entry in entries}
    excess = sum(sizes.values()) - LIMIT_BYTES
    for entry in entries:
        if excess <= 0 or _last_use(entry) > now - IN_USE_S:
            break
        _discard(entry)
        excess -= sizes[entry]


def _discard(entry: Path) -> None:
    """Removes an entry in one step: whoever looks sees all of it or nothing."""
    with (
        contextlib.suppress(OSError),
        tempfile.TemporaryDirectory(prefix=".old-", dir=entry.parent, ignore_cleanup_errors=True) as aside,
    ):
        os.rename(entry, Path(aside, "entry"))


def _touch(entry: Path) -> None:
    with contextlib.suppress(OSError):  # a cache that cannot be written can still be read
        os.utime(entry)


def _last_use(entry: Path) -> float:
    try:
        return entry.stat().st_mtime
    except OSError:
        return 0


def _size(entry: Path) -> int:
    try:
        return sum(path.stat().st_size for path in entry.iterdir())
    except OSError:
        return 0


def _intact_files(entry: Path) -> list[str]:
    """The names of an entry's files; none if it is missing or damaged."""
    try:
        manifest = json.loads((entry / _MANIFEST).read_text())
        intact = all(_digest(entry / name) == digest for name, digest in manifest.items())
    except (OSError, ValueError, AttributeError):
        return []
    return list(manifest) if intact else []


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
