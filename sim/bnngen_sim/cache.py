"""Build results kept by content: ``$XDG_CACHE_HOME/bnngen/verilator/<kind>-<key>/``.

An entry is a folder made elsewhere and renamed into place once it is complete, with a manifest of its
files' digests: whoever looks sees all of it or nothing, and an entry that was damaged later is rebuilt.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

_MANIFEST = "manifest.json"
_ATTEMPTS = 3


def cache_root() -> Path:
    """The folder of all entries, under ``$XDG_CACHE_HOME`` or else ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "bnngen" / "verilator"


def content_key(files: Iterable[Path], *facts: str) -> str:
    """A name for what is built from ``files`` (their names and contents) by the tools named in ``facts``."""
    digest = hashlib.sha256()
    for part in (*facts, *(f"{path.name}\0{_digest(path)}" for path in sorted(files))):
        digest.update(hashlib.sha256(part.encode()).digest())
    return digest.hexdigest()[:32]


def cached(name: str, build: Callable[[Path, Path], None]) -> Path:
    """The entry ``name``, built first if it is missing or damaged.

    ``build(work, result)`` gets two empty folders: ``work`` is thrown away, ``result`` becomes the entry.
    If it raises, nothing stays behind. Two processes may build the same entry; one result is kept.
    """
    entry = cache_root() / name
    if _intact(entry):
        return entry
    entry.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{name[:16]}-", dir=entry.parent) as temporary:
        work, result = Path(temporary, "work"), Path(temporary, "result")
        work.mkdir()
        result.mkdir()
        build(work, result)
        manifest = {path.name: _digest(path) for path in sorted(result.iterdir())}
        (result / _MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
        _publish(result, entry, Path(temporary, "damaged"))
    return entry


def _publish(result: Path, entry: Path, aside: Path) -> None:
    """Renames ``result`` to ``entry``, unless another process has just put a good one there."""
    aside.mkdir()
    for attempt in range(_ATTEMPTS):
        try:
            os.rename(result, entry)
            return
        except OSError:
            if _intact(entry):
                return
        with contextlib.suppress(OSError):  # a damaged entry is in the way, or was until just now
            os.rename(entry, aside / str(attempt))
    os.rename(result, entry)


def _intact(entry: Path) -> bool:
    try:
        manifest = json.loads((entry / _MANIFEST).read_text())
        return bool(manifest) and all(_digest(entry / name) == digest for name, digest in manifest.items())
    except (OSError, ValueError, AttributeError):
        return False


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
