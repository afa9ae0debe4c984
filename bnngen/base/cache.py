"""Results of slow tools, kept by content: ``$XDG_CACHE_HOME/bnngen/<tool>/<name>/``.

An entry is a folder made elsewhere and renamed into place once it is complete, with a manifest of its
files' digests: whoever looks sees all of it or nothing, and an entry that was damaged later is made again.
The cache only saves time: where it cannot be read or written, everything works without it, and so it does
where other users could have put something into it.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from pathlib import Path

from bnngen.base.cache_entry import (
    MANIFEST,
    OURS_ALONE,
    check_name,
    digest,
    distrust,
    fill,
    intact_files,
    is_own_link,
)

LIMIT_BYTES = 5_000_000_000
"""How large the cache may grow; beyond that, what was not used for longest goes first."""
IN_USE_S = 600
"""For how many seconds after its last use an entry stays in any case: someone may still be reading it."""

_UNFINISHED, _DISCARDED = ".new-", ".old-"
"""How the names of folders in the making begin, and of those on their way out."""
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
    key = hashlib.sha256()
    for part in (*facts, *(f"{path.name}\0{digest(path)}" for path in sorted(files))):
        key.update(hashlib.sha256(part.encode()).digest())
    return key.hexdigest()[:32]


def fetch(name: str, into: Path) -> bool:
    """Copies the files of the entry ``name`` ("tool/key") to the folder ``into``.

    False, and nothing more in ``into``, if there is no such entry or it is damaged.
    """
    entry = _entry(cache_root(), name)
    files = intact_files(entry) if _enabled.get() and _is_trusted(entry) else []
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

    Returns the entry; None, with a warning in the log, if it cannot be written or is not to be trusted.
    """
    entry = _entry(cache_root(), name)
    if not _enabled.get():
        return None
    try:
        _base().mkdir(parents=True, exist_ok=True)
        if not _is_trusted(entry, make=True):
            return None
        with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=entry.parent) as temporary:
            _publish(fill(Path(temporary, "result"), files), entry, Path(temporary, "damaged"))
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
    own = _entry(process_folder(), name)
    for entry in (_entry(cache_root(), name), own):
        if _enabled.get() and _is_trusted(entry) and intact_files(entry):
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
        own.parent.mkdir(OURS_ALONE, exist_ok=True)
        _publish(fill(Path(temporary, "own"), result.iterdir()), own, Path(temporary, "damaged"))
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


def _entry(root: Path, name: str) -> Path:
    check_name(name)
    return root / name


def _is_trusted(entry: Path, make: bool = False) -> bool:
    """Whether nobody else can have changed the entry, or the folders that it is in; these are made if wanted.

    If not, the log says once what to do. Raises OSError if they can't be made.
    """
    root, tool = entry.parents[1], entry.parent
    # the user may have moved the cache elsewhere: by a link of the user's own
    for folder in (root.resolve() if is_own_link(root) else root, tool, entry):
        if make and folder != entry:
            folder.mkdir(OURS_ALONE, exist_ok=True)
        if reason := distrust(folder):
            _warn(folder, reason)
            return False
    return True


@functools.cache
def _warn(folder: Path, reason: str) -> None:
    """Says it once."""
    advice = "delete it, or name another place in XDG_CACHE_HOME"
    _log.warning("the cache is not used, for '%s' is not to be trusted: %s; %s", folder, reason, advice)


def _publish(result: Path, entry: Path, aside: Path) -> None:
    """Renames ``result`` to ``entry``, unless another process has just put a good one there."""
    aside.mkdir()
    for attempt in range(_ATTEMPTS):
        try:
            os.rename(result, entry)
            return
        except OSError:
            if intact_files(entry):
                return
        with contextlib.suppress(OSError):  # a damaged entry is in the way, or was until just now
            os.rename(entry, aside / str(attempt))
    os.rename(result, entry)


def _prune(root: Path) -> None:
    """Removes the entries that were not used for longest until the rest is within the limit, and what
    processes that were killed have left."""
    now = time.time()
    tools = [path for path in root.iterdir() if path.is_dir() and not distrust(path)]
    found = [path for tool in tools for path in tool.iterdir()]
    for abandoned in [path for path in found if path.name.startswith((_UNFINISHED, _DISCARDED))]:
        if _last_use(abandoned) < now - _ABANDONED_S:
            shutil.rmtree(abandoned, ignore_errors=True)
    entries = sorted((path for path in found if _is_entry(path)), key=_last_use)
    sizes = {entry: _size(entry) for entry in entries}
    excess = sum(sizes.values()) - LIMIT_BYTES
    for entry in entries:
        if excess <= 0 or _last_use(entry) > now - IN_USE_S:
            break
        _discard(entry)
        excess -= sizes[entry]


def _is_entry(path: Path) -> bool:
    """Whether it is one of ours; somebody may have put something else there."""
    return not path.name.startswith(".") and not distrust(path) and (path / MANIFEST).is_file()


def _discard(entry: Path) -> None:
    """Removes an entry in one step: whoever looks sees all of it or nothing."""
    with (
        contextlib.suppress(OSError),
        tempfile.TemporaryDirectory(prefix=_DISCARDED, dir=entry.parent, ignore_cleanup_errors=True) as aside,
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
