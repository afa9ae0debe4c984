"""A folder of pictures: one folder for each class, in ``train``, ``val`` and ``test`` or without these."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bnngen.base.errors import DataError
from bnngen.train.datasets.dataset import Samples, Subset
from bnngen.train.datasets.files import required_path
from bnngen.train.datasets.pictures import read_pictures
from bnngen.train.recipe import DataTable

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".ppm", ".pgm"}


def load(table: DataTable) -> Samples:
    """All must have one size. Raises DataError, MissingPackageError, or RecipeError without a path."""
    root = required_path(table, "a folder of pictures")
    if not root.is_dir():
        raise DataError(f"'{root}' is no folder of pictures (from the folder '{Path.cwd()}')")
    if not (root / "train").is_dir():
        names = _classes(root)
        return Samples(_part(root, names), names=tuple(names))
    names = _classes(root / "train")
    validation, test = (_part(root / n, names) if (root / n).is_dir() else None for n in ("val", "test"))
    return Samples(_part(root / "train", names), validation, test, names=tuple(names))


def _classes(folder: Path) -> list[str]:
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    if len(names) < 2:
        raise DataError(f"'{folder}' must have a folder of pictures for each class, two or more, not {names}")
    return names


def _part(folder: Path, names: list[str]) -> Subset:
    found = [
        (path, label)
        for label, name in enumerate(names)
        for path in sorted((folder / name).glob("*"))
        if path.suffix.lower() in SUFFIXES
    ]
    if not found:
        raise DataError(f"'{folder}' holds no pictures ({', '.join(sorted(SUFFIXES))}) in folders {names}")
    pictures = read_pictures([path for path, _ in found], f"'{folder}'")
    return Subset(pictures, np.array([label for _, label in found], np.int64))
