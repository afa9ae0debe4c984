"""An entry of the cache: a folder of plain files and a manifest of their digests.

Nothing in it is believed that this user has not written: who can plant a file there could have us run it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bnngen.base.strict_json import parse

MANIFEST = "manifest.json"
MOST_MANIFEST_BYTES = 1 << 16
OURS_ALONE = 0o700
"""The permissions of the cache's folders."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9][A-Za-z0-9_-]*")
_OTHERS_MAY_WRITE = 0o022


def check_name(name: str) -> None:
    """Raises ValueError unless ``name`` is that of an entry, "tool/key", and leads nowhere else."""
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} is no name of an entry: it must be like tool/key, of letters, digits, - and _"
        )


def distrust(path: Path) -> str | None:
    """Why not to trust the file or folder ``path``; None if nobody else can have changed it."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    if stat.S_ISLNK(found.st_mode):
        return "it is a link"
    if not _is_ours(found):
        return "it belongs to another user"
    may_write = os.name == "posix" and found.st_mode & _OTHERS_MAY_WRITE
    return "other users may write to it" if may_write else None


def is_own_link(path: Path) -> bool:
    """Whether it is a link that this user has made."""
    return path.is_symlink() and _is_ours(os.lstat(path))


def fill(folder: Path, files: Iterable[Path]) -> Path:
    """A new ``folder`` with copies of ``files`` and their manifest. Raises OSError."""
    folder.mkdir(mode=OURS_ALONE)
    manifest = {}
    for path in sorted(files):
        copy = Path(shutil.copy(path, folder))
        copy.chmod(copy.stat().st_mode & ~_OTHERS_MAY_WRITE)
        manifest[path.name] = digest(copy)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
    (folder / MANIFEST).chmod(0o600)
    return folder


def intact_files(entry: Path) -> list[str]:
    """The names of an entry's files; none if it is missing, damaged, or holds what is not to be trusted."""
    try:
        manifest = _manifest(entry / MANIFEST)
        intact = all(digest(_own(entry / name)) == wanted for name, wanted in manifest.items())
    except (OSError, ValueError):
        return []
    return list(manifest) if intact else []


def digest(path: Path) -> str:
    """SHA-256 of a file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(path: Path) -> dict[str, Any]:
    """The digest of each file. Raises OSError, or ValueError for what is no manifest."""
    with _own(path).open("rb") as file:
        contents = file.read(MOST_MANIFEST_BYTES + 1)
    if len(contents) > MOST_MANIFEST_BYTES:
        raise ValueError("no entry has so many files")
    manifest = parse(contents.decode())
    if not isinstance(manifest, dict) or not all(map(_is_plain, manifest)):
        raise ValueError("it must name plain files")
    return manifest


def _own(path: Path) -> Path:
    """The path, if it is a plain file that others can't have changed. Raises OSError or ValueError."""
    if not stat.S_ISREG(os.lstat(path).st_mode) or distrust(path):
        raise ValueError("not a plain file of this user")
    return path


def _is_ours(found: os.stat_result) -> bool:
    return os.name != "posix" or found.st_uid == os.geteuid()


def _is_plain(name: str) -> bool:
    """Whether it names a file of the folder itself, on every system."""
    return name not in ("", ".", "..") and name.isprintable() and not set(name) & set("/\\:")
