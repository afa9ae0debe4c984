"""Decoding pictures, with Pillow."""

from __future__ import annotations

import io
import struct
import zlib
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import DataError, MissingPackageError


def decode(packed: NDArray[np.uint8], offsets: NDArray[Any], where: str) -> NDArray[np.uint8]:
    """The pictures (N, H, W, C) whose files are ``packed[offsets[i]:offsets[i + 1]]``. Raises DataError."""
    if packed.dtype != np.uint8 or packed.ndim != 1 or offsets.dtype.kind not in "iu" or offsets.ndim != 1:
        raise DataError(
            f"{where}: packed pictures are bytes (B,), uint8, with offsets (N + 1,), integers; found "
            f"{packed.dtype} of shape {packed.shape} and {offsets.dtype} of shape {offsets.shape}"
        )
    data = packed.tobytes()
    files = [data[a:b] for a, b in pairwise(offsets)]
    return _stacked([_pixels(file, f"{where}, picture {i}") for i, file in enumerate(files)], where)


def read_pictures(paths: list[Path], where: str) -> NDArray[np.uint8]:
    """The pictures (N, H, W) or (N, H, W, 3) of the files ``paths``. Raises DataError."""
    return _stacked([_pixels(path.read_bytes(), f"'{path}'") for path in paths], where)


def _pillow() -> ModuleType:
    try:
        from PIL import Image
    except ImportError:
        raise MissingPackageError(
            "Pillow, which decodes pictures, is missing: pip install 'bnngen[train]'"
        ) from None
    result: ModuleType = Image
    return result


def _pixels(data: bytes, where: str) -> NDArray[np.uint8]:
    pillow = _pillow()
    try:
        with pillow.open(io.BytesIO(data)) as picture:
            return np.asarray(picture if picture.mode in ("L", "RGB") else picture.convert("RGB"))
    except (
        OSError,
        EOFError,
        SyntaxError,
        ValueError,
        struct.error,
        zlib.error,
        pillow.DecompressionBombError,
    ) as error:
        raise DataError(f"{where} is no picture that can be decoded: {error}") from error


def _stacked(pictures: list[NDArray[np.uint8]], where: str) -> NDArray[np.uint8]:
    if not pictures:
        raise DataError(f"{where}: there are no pictures")
    shapes = {picture.shape for picture in pictures}
    if len(shapes) != 1:
        raise DataError(f"{where}: the pictures must have one size and one mode, not {sorted(shapes)}")
    return np.stack(pictures)
