"""Which files of a folder bnngen has written: only these are replaced and removed.

A list in the folder says which. It names a file before the file is there, so that a process that is killed at
any moment leaves none that the list lacks. Besides, what is in the making has names of its own
(`bnngen.base.files.UNFINISHED`). A folder of an earlier version has no list; see `bnngen.base.earlier`.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path, PurePosixPath

from bnngen.base.earlier import earlier_files
from bnngen.base.errors import UsageError
from bnngen.base.files import UNFINISHED, disk_errors, make_folder, sole_writer, write_text
from bnngen.base.strict_json import read_json

LIST = ".bnngen-files.json"
"""The list: {"bnngen": version, "files": [names]}, relative to its folder, with "/" between."""


@contextmanager
def owned(folder: Path, names: Collection[str], stale: Collection[str] = ()) -> Iterator[None]:
    """Inside, the files ``names`` of ``folder`` may be written, and no other process gets the folder.

    ``names`` are as in the list. What an earlier run has left of ``stale``, names of files and of folders, is
    removed at the start: the files that bnngen wrote, then the folders that have become empty.

    Raises UsageError, before anything is changed, if files of these names are not bnngen's (it names them
    all), if the list is damaged, another process has the folder, or it can't be written.
    """
    make_folder(folder)
    with sole_writer(folder):
        ours = owned_files(folder)
        if others := _others(folder, names, ours):
            raise UsageError(
                f"'{folder}' holds what bnngen did not write under names that it needs, "
                f"{', '.join(others)}: move that away, or name another folder"
            )
        _write_list(folder, ours.union(names))
        try:
            with disk_errors(folder):
                _remove(folder, {name for name in ours if _is_within(name, stale)})
                _remove_unfinished(folder, ours.union(names))
            yield
        finally:
            with suppress(UsageError, OSError):  # on a full disk the longer list stays
                _write_list(folder, {name for name in ours.union(names) if _is_plain(folder, name)})


def owned_files(folder: Path) -> set[str]:
    """The files in ``folder`` that bnngen has written and that are there, by their names as in the list.

    Raises UsageError if the list is damaged, or the folder can't be read.
    """
    with disk_errors(folder):
        listed = _read_list(folder)
        names = earlier_files(folder) if listed is None else listed
        return {name for name in names if _is_plain(folder, name)}


def keep_inputs(outputs: Mapping[str, Path | None], *inputs: Path | None) -> None:
    """Raises UsageError if one of the ``outputs``, files by the options that name them, would overwrite one
    of the ``inputs``, or another output.

    An input may be a folder: that stands for what bnngen has written there. None and "-" are no files.
    """
    written: dict[str, str] = {}
    for option, output in outputs.items():
        if output is None or str(output) == "-":
            continue
        if any(_same(output, path) for given in inputs for path in _files(given)):
            raise UsageError(f"{option} '{output}' would overwrite what the command reads: name another file")
        other = written.setdefault(os.path.realpath(output), option)
        if other != option:
            raise UsageError(f"{other} and {option} name one file, '{output}': name two")


def _files(path: Path | None) -> Iterable[Path]:
    if path is None:
        return []
    return [path / name for name in (LIST, *owned_files(path))] if os.path.isdir(path) else [path]


def _same(output: Path, path: Path) -> bool:
    try:
        return os.path.samefile(output, path)
    except OSError:  # one of them is not there
        return False


def _read_list(folder: Path) -> list[str] | None:
    """The files of the list; None without a list. Raises UsageError if it is damaged."""
    path = folder / LIST
    if not _mode(folder, LIST):
        return None
    try:
        names = _names(read_json(path))
        if path.is_symlink() or not all(map(_is_inside, names)):
            raise ValueError("it leads out of the folder")
    except (OSError, ValueError) as error:
        raise UsageError(
            f"'{path}', the list of what bnngen wrote in this folder, is damaged ({error}): "
            "name another folder, or delete the list and the files that bnngen wrote"
        ) from None
    return names


def _names(contents: object) -> list[str]:
    """The names in the list. Raises ValueError."""
    names = contents.get("files") if isinstance(contents, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("it has no list of names under 'files'")
    return names


def _is_inside(name: str) -> bool:
    """Whether ``name`` is relative, and leads down only."""
    path = PurePosixPath(name)
    down = path.parts and not path.is_absolute() and not {"..", "."} & set(path.parts)
    return bool(down) and path.as_posix() == name and "\\" not in name and name.isprintable()


def _write_list(folder: Path, names: Collection[str]) -> None:
    """Write the list; an empty one is none."""
    if not names:
        (folder / LIST).unlink(missing_ok=True)
        return
    contents = {"bnngen": version("bnngen"), "files": sorted(names)}
    write_text(folder / LIST, json.dumps(contents, indent=1) + "\n")


def _others(folder: Path, names: Collection[str], ours: Collection[str]) -> list[str]:
    """What is in the way of the files ``names``: files that are not ``ours``, links, files in the places of
    folders, and folders in the places of files."""
    found = set()
    for name in names:
        *above, _ = _steps(name)
        if blocked := [step for step in above if _mode(folder, step) and not _is_folder(folder, step)]:
            found.add(blocked[0])
        elif _mode(folder, name) and name not in ours:
            found.add(name)
    return sorted(found)


def _steps(name: str) -> list[str]:
    """The folders on the way to a file, and the file: "a/b/c" gives "a", "a/b", "a/b/c"."""
    return [path.as_posix() for path in (*reversed(PurePosixPath(name).parents[:-1]), PurePosixPath(name))]


def _mode(folder: Path, name: str) -> int:
    """What kind of file is there, a link not followed; 0 if there is none."""
    try:
        return os.lstat(folder / name).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _is_folder(folder: Path, name: str) -> bool:
    return stat.S_ISDIR(_mode(folder, name))


def _is_plain(folder: Path, name: str) -> bool:
    """Whether a plain file is there, and no link is on the way to it."""
    *above, file = _steps(name)
    return all(_is_folder(folder, step) for step in above) and stat.S_ISREG(_mode(folder, file))


def _is_within(name: str, places: Collection[str]) -> bool:
    return any(PurePosixPath(name).is_relative_to(place) for place in places)


def _remove(folder: Path, names: Collection[str]) -> None:
    """Remove these plain files, then the folders that have become empty."""
    for name in names:
        (folder / name).unlink(missing_ok=True)
    above = {step for name in names for step in _steps(name)[:-1]}
    for step in sorted(above, key=len, reverse=True):
        with suppress(OSError):  # it holds something else
            (folder / step).rmdir()


def _remove_unfinished(folder: Path, names: Collection[str]) -> None:
    """Remove what a process that was killed has left in the making, where ``names`` are."""
    for place in {"", *(step for name in names for step in _steps(name)[:-1])}:
        if place and not _is_plain_folder(folder, place):
            continue
        for path in [p for p in (folder / place).iterdir() if UNFINISHED.fullmatch(p.name)]:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def _is_plain_folder(folder: Path, name: str) -> bool:
    """Whether a folder is there, and no link is on the way to it."""
    return all(_is_folder(folder, step) for step in _steps(name))
