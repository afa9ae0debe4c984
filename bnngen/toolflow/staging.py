"""A folder that never holds half a result, and results that need not be made again."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bnngen.base.cache import fetch, keep
from bnngen.base.errors import UsageError
from bnngen.base.files import WORK, disk_errors

PLAIN = re.compile(r"[\w@%+=:,./~-]+")
"""A path that every tool takes as it is: abc takes others apart, at spaces, quotes, semicolons."""


@contextmanager
def staging(out: Path, products: Sequence[str]) -> Iterator[Path]:
    """A folder to work in, whose ``products`` move into ``out`` if all goes well.

    Older products are removed from ``out`` at the start, and nothing else is. If the work fails or
    is interrupted, only those that are logs (``*.log``) get there. Raises UsageError if ``out`` can't be
    written.
    """
    with disk_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        for name in products:
            (out / name).unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(prefix=WORK, dir=out) as folder:
            try:
                with _plain_folder(Path(folder), products) as work:
                    yield work
            except BaseException:
                _move(Path(folder), out, [name for name in products if name.endswith(".log")])
                raise
            _move(Path(folder), out, products)


@contextmanager
def _plain_folder(folder: Path, products: Sequence[str]) -> Iterator[Path]:
    """``folder``, or if its path is not `PLAIN` another one, whose ``products`` get there in the end."""
    if PLAIN.fullmatch(str(folder.resolve())):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="bnngen-") as name:
        work = Path(name).resolve()
        if not PLAIN.fullmatch(str(work)):
            raise UsageError(
                f"the tools can work neither in '{folder.parent}' nor in '{work.parent}': both names hold "
                "spaces, quotes or the like; name another folder, or another one in TMPDIR"
            )
        try:
            yield work
        finally:
            for product in products:
                if (work / product).exists():
                    shutil.copyfile(work / product, folder / product)


def _move(source: Path, target: Path, names: Sequence[str]) -> None:
    for name in names:
        if (source / name).exists():
            os.replace(source / name, target / name)


def through_cache(entry: str, work: Path, results: Collection[str], run: Callable[[], bool]) -> bool:
    """Puts the files ``results`` into ``work``: from the cache's ``entry`` ("tool/key"), or else by ``run``.

    ``run`` says whether the results are worth keeping. Returns whether they come from the cache.
    """
    if fetch(entry, work):
        return True
    if run():
        keep(entry, [work / name for name in results])
    return False
