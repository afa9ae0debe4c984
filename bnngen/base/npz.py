"""Reads the arrays of an NPZ file one at a time, and believes nothing that the file says of itself.

A member is unpacked when it is asked for, and only if its header claims what it really holds: so neither a
large member that nobody needs nor a small one that claims to be large costs time or memory.
"""

from __future__ import annotations

import ast
import math
import re
import struct
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import DataError

MOST_BYTES = 1 << 31
"""An array of more bytes is refused: 2 GiB hold 2.7 million images of MNIST's size, and a file of 2 MB can
unpack to as much."""

_MAGIC = b"\x93NUMPY"
_MOST_HEADER_BYTES = 10_000  # numpy's own limit
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_CHUNK = 1 << 20
_NAMED = 8
_PLAIN = re.compile(r"[<>|=]?(\?|b1|[iu][1248]|f(2|4|8|12|16)|[US][1-9]\d{0,5})")
_KINDS = {
    "O": "Python objects",
    "V": "raw bytes",
    "c": "complex numbers",
    "M": "dates",
    "m": "times",
}
"""What other arrays hold, by the letter of their type."""

_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    OverflowError,
    NotImplementedError,
)
"""What `zipfile` raises for archives that are no archives, or not whole."""


class Npz(Mapping[str, NDArray[Any]]):
    """The arrays of the file at ``path`` by name, each read when it is asked for.

    Arrays hold booleans, integers, floats or text, in the machine's byte order.
    Raises DataError if the file can't be read or is no NPZ file; asking for an array raises it too, with the
    member's name, if that is damaged, of another type or larger than `MOST_BYTES`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._archive() as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
        self._members = {m.filename.removesuffix(".npy"): m for m in members}
        counts = Counter(m.filename.removesuffix(".npy") for m in members)
        self._twice = {name for name, count in counts.items() if count > 1}

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, name: object) -> bool:
        return name in self._members

    @property
    def names(self) -> str:
        """The names, for messages: a few of them if there are many."""
        names = sorted(self)
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        return f"{names[:_NAMED]}{more}"

    def __getitem__(self, name: str) -> NDArray[Any]:
        member = self._members[name]
        where = f"'{self._path}': {name}"
        if name in self._twice:
            raise DataError(f"{where} is there more than once; write the file anew")
        if member.flag_bits & _ENCRYPTED:
            raise DataError(f"{where} is encrypted; write it with np.savez")
        if member.compress_type not in _METHODS:
            raise DataError(
                f"{where} is packed by method {member.compress_type}; accepted are stored and deflated, as "
                "np.savez and np.savez_compressed write"
            )
        try:
            with self._archive() as archive, archive.open(member) as file:
                return _read_array(file, member.file_size, where)
        except OSError as error:
            raise DataError(f"can't read the data '{self._path}': {error.strerror or error}") from error
        except _DAMAGE as error:
            raise DataError(f"{where} is damaged: {_reason(error)}") from error

    def _archive(self) -> zipfile.ZipFile:
        try:
            with self._path.open("rb") as file:
                start = file.read(len(_MAGIC))
            if start == _MAGIC:
                hint = "save it as x in an .npz file: np.savez(path, x=x)"
                raise DataError(f"'{self._path}' is a single array; {hint}")
            return zipfile.ZipFile(self._path)
        except OSError as error:
            raise DataError(f"can't read the data '{self._path}': {error.strerror or error}") from error
        except _DAMAGE as error:
            raise DataError(f"'{self._path}' is not a whole .npz file: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, zlib.error):
        return "its packed bytes are no deflated data"
    return str(error) or type(error).__name__


def _read_array(file: IO[bytes], size: int, where: str) -> NDArray[Any]:
    """The array in a member of ``size`` bytes. Raises DataError, and `_DAMAGE` if the member is cut off."""
    header, length = _read_header(file, where)
    dtype, order, shape = _checked_header(header, where)
    claimed = math.prod(shape) * dtype.itemsize
    if claimed != size - length:
        raise DataError(
            f"{where} is damaged: {dtype} of shape {_text(shape)} takes {claimed:,} bytes, but it holds "
            f"{size - length:,}"
        )
    if claimed > MOST_BYTES:
        raise DataError(
            f"{where} takes {claimed:,} bytes unpacked; accepted are {MOST_BYTES:,}: use several files"
        )
    data = _read_into(file, claimed, where)
    flat = data != 0 if dtype.kind == "b" else data.view(dtype)  # a byte of a boolean may be anything
    array = flat.reshape(shape, order=order)
    return array if dtype.isnative else array.astype(dtype.newbyteorder("="))


def _read_header(file: IO[bytes], where: str) -> tuple[str, int]:
    """The text in front of the numbers, and how many bytes it takes with its own length."""
    start = file.read(8)
    if start[:6] != _MAGIC or len(start) < 8:
        raise DataError(f"{where} is not an array as numpy writes it")
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(file.read(width), "little")
    if start[6] not in (1, 2, 3) or start[7] or length > _MOST_HEADER_BYTES:
        raise DataError(f"{where} has a damaged header")
    return file.read(length).decode("utf-8" if start[6] == 3 else "latin-1"), 8 + width + length


def _checked_header(text: str, where: str) -> tuple[np.dtype[Any], Any, tuple[int, ...]]:
    """The type, the order ("C" or "F") and the shape that a header names."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes and the like in damaged text
            header = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise DataError(f"{where} has a damaged header") from error
    if not isinstance(header, dict) or set(header) != {"descr", "fortran_order", "shape"}:
        raise DataError(f"{where} has a damaged header")
    shape, fortran = header["shape"], header["fortran_order"]
    sizes = isinstance(shape, tuple) and all(type(n) is int and 0 <= n < 1 << 62 for n in shape)
    if not sizes or len(shape) > 32 or not isinstance(fortran, bool):
        raise DataError(f"{where} has a damaged header")
    return _checked_type(header["descr"], where), "F" if fortran else "C", shape


def _checked_type(descr: object, where: str) -> np.dtype[Any]:
    if isinstance(descr, str) and _PLAIN.fullmatch(descr):
        try:
            return np.dtype(descr)
        except TypeError:  # a long float that this machine does not have
            raise DataError(f"{where} holds floats of type {descr}; save them as float64") from None
    kind = descr.lstrip("<>|=")[:1] if isinstance(descr, str) else ""
    what = "records" if isinstance(descr, list) else _KINDS.get(kind, f"numbers of type {str(descr)[:40]!r}")
    raise DataError(f"{where} holds {what}; accepted are booleans, integers, floats and text")


def _read_into(file: IO[bytes], size: int, where: str) -> NDArray[np.uint8]:
    """The next ``size`` bytes, which are the last: so the archive's checksum is compared as well."""
    try:
        data = np.empty(size, np.uint8)
    except MemoryError:
        raise DataError(f"{where} takes {size:,} bytes unpacked, and so much memory isn't free") from None
    at = 0
    while part := file.read(_CHUNK):
        if at + len(part) > size:
            raise DataError(f"{where} is damaged: it is longer than its header says")
        data[at : at + len(part)] = np.frombuffer(part, np.uint8)
        at += len(part)
    if at < size:
        raise DataError(f"{where} is damaged: it ends after {at:,} of {size:,} bytes")
    return data


def _text(shape: tuple[int, ...]) -> str:
    return str(shape) if len(shape) < _NAMED else f"({len(shape)} axes)"
