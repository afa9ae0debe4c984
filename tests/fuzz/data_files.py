"""DATA.npz files: random ones, changed in their arrays, their headers and their zip, and what bnngen reads."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

import bnngen
from bnngen.reference.network import Network
from tests.fuzz.mutant import Mutant, Step
from tests.fuzz.seeds import ROOT

FRAMES = 5
NETWORKS = ("examples/digits/digits_1w1a.onnx", "tests/frontend/failures/planted_mixed_channels.onnx")
"""One takes vectors, the other maps."""
DTYPES = (
    *("float16", "float32", "float64", "longdouble", "complex128", "bool", "int8", "uint8", "int16", "int32"),
    *("int64", "uint64", ">f8", ">i4", "U4", "S4", "O", "datetime64[s]", "V8", "f4,i4"),
)
NUMBERS = (
    0,
    1,
    -1,
    0.5,
    2,
    127,
    1e9,
    -1e9,
    1e300,
    1e-300,
    np.nan,
    np.inf,
    -np.inf,
    2**63,
    2**64 - 1,
    -(2**63),
)
Members = list[tuple[str, bytes]]
"""What a zip holds, in order: names, which may come twice, and contents."""
Change = Callable[[Members, Random], None]


@cache
def networks() -> tuple[Network, ...]:
    return tuple(bnngen.load(ROOT / path) for path in NETWORKS)


def make_data(random: Random, shared: Path | None) -> Mutant:
    """A file for one of the networks, with one to three changes."""
    network = random.choice(networks())
    frames = np.random.default_rng(random.getrandbits(32))
    arrays: dict[str, NDArray[Any]] = {"y": frames.integers(0, 10, FRAMES)}
    kind = random.choice(("real", "scaled", "codes"))
    if kind == "codes":
        type_ = network.quantizer.type
        values = [-1, 1] if type_.bipolar else range(type_.lo, type_.hi + 1)
        arrays["codes"] = frames.choice(list(values), (FRAMES, *network.input_shape))
    elif kind == "real":
        arrays["x"] = frames.integers(-16, 17, (FRAMES, *network.model_shape)) / 8
    else:
        arrays["x"] = frames.integers(0, 256, (FRAMES, *network.model_shape), dtype=np.uint8)
        arrays["x_scale"] = np.array(1 / 255)
    contents = io.BytesIO()
    np.savez(contents, allow_pickle=True, **arrays)
    names = random.choices(list(CHANGES), k=random.choice((1, 1, 2, 3)))
    steps = tuple((name, random.getrandbits(32)) for name in names)
    return Mutant(kind, contents.getvalue(), steps, apply)


def apply(contents: bytes, steps: Sequence[Step]) -> bytes:
    """The file after all ``steps``, those on the members of the zip first."""
    with zipfile.ZipFile(io.BytesIO(contents)) as file:
        members = [(name, file.read(name)) for name in file.namelist()]
    for name, seed in steps:
        with suppress(Exception):  # it trips over what an earlier one broke
            CHANGES[name](members, Random(seed))
    contents = zipped(members, compressed=len(steps) > 1)
    for name, seed in steps:
        if name in ("bytes", "cut", "another_kind"):
            contents = _damaged(contents, name, Random(seed))
    return contents


def zipped(members: Members, compressed: bool = False) -> bytes:
    contents = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(contents, "w", kind) as file:
        for name, data in members:
            # without the warning about names that come twice
            file.filelist, file.NameToInfo = [*file.filelist], {}
            file.writestr(zipfile.ZipInfo(name), data, kind)  # with a date that is always the same
    return contents.getvalue()


def _array(members: Members, random: Random) -> tuple[int, NDArray[Any]]:
    """The number of a member that is an array, and the array."""
    at = random.randrange(len(members))
    return at, np.load(io.BytesIO(members[at][1]), allow_pickle=False)


def _put(members: Members, at: int, array: Any) -> None:
    contents = io.BytesIO()
    np.save(contents, np.asanyarray(array), allow_pickle=True)
    members[at] = members[at][0], contents.getvalue()


def _dtype(members: Members, random: Random) -> None:
    at, array = _array(members, random)
    with np.errstate(all="ignore"):
        _put(members, at, array.astype(random.choice(DTYPES)))


def _shape(members: Members, random: Random) -> None:
    """Another shape, or more or fewer frames."""
    at, array = _array(members, random)
    shapes = [(), (-1,), (1, *array.shape), (*array.shape, 1), array.shape[::-1], (0, *array.shape[1:])]
    wanted = random.choice([*shapes, "first", "twice", "last axis", "moved"])
    if wanted == "first":
        array = array[:1]
    elif wanted == "twice":
        array = np.concatenate([np.atleast_1d(array)] * 2)
    elif wanted == "last axis":
        array = array[..., 1:]
    elif wanted == "moved":
        array = np.moveaxis(np.atleast_1d(array), -1, 0)
    elif wanted == () or wanted[0] == 0:
        array = np.resize(array, wanted)
    else:
        array = array.reshape(wanted)
    _put(members, at, array)


def _number(members: Members, random: Random) -> None:
    """One element that the type may not even hold: then the type that holds it."""
    at, array = _array(members, random)
    number = random.choice(NUMBERS)
    wide = array.astype(np.result_type(array, np.min_scalar_type(number))).copy()
    if wide.size:
        wide.reshape(-1)[random.randrange(wide.size)] = number
    _put(members, at, wide)


def _numbers(members: Members, random: Random) -> None:
    at, array = _array(members, random)
    _put(members, at, np.full(array.shape, random.choice(NUMBERS)))


def _wrapped(members: Members, random: Random) -> None:
    """Negative numbers as what they are modulo 2**64."""
    at, array = _array(members, random)
    _put(members, at, array.astype(np.int64).view(np.uint64))


def _layout(members: Members, random: Random) -> None:
    """The same numbers in Fortran's order."""
    at, array = _array(members, random)
    _put(members, at, np.asfortranarray(array))


def _renamed(members: Members, random: Random) -> None:
    at = random.randrange(len(members))
    names = (
        "x",
        "x.npy",
        "codes.npy",
        "y.npy",
        "x_scale.npy",
        "X.npy",
        "a/x.npy",
        "../x.npy",
        ".npy",
        "\x1b[31m.npy",
    )
    members[at] = random.choice(names), members[at][1]


def _removed(members: Members, random: Random) -> None:
    members.pop(random.randrange(len(members)))


def _added(members: Members, random: Random) -> None:
    """A second member of the name, an unused one, or text."""
    at = random.randrange(len(members))
    name, data = members[at]
    members.append(
        random.choice(((name, data), ("more.npy", data), ("notes.txt", b"hello"), ("x.npy", b"hello")))
    )


def _header(members: Members, random: Random) -> None:
    """A header that lies: a shape without end, a type that does not exist, a version of the future."""
    at = random.randrange(len(members))
    name, data = members[at]
    stream = io.BytesIO(data)
    version = npy.read_magic(stream)
    shape, order, dtype = npy.read_array_header_1_0(stream)
    body = data[stream.tell() :]
    shapes = (
        (10**13,),
        (10**6, 10**6),
        (-1,),
        (2**62, 4),
        (*shape, 0),
        (1.5,),
        "text",
        (10**3,) * 20,
        (0, 10**12),
    )
    fields: dict[str, Any] = {"descr": npy.dtype_to_descr(dtype), "fortran_order": order, "shape": shape}
    fields |= random.choice(
        (
            {"shape": random.choice(shapes)},
            {"shape": random.choice(shapes)},
            {"descr": random.choice(("<f4", "|O", "<x9", "|S99999999", [("a", "<f4")], 5))},
            {"fortran_order": "yes"},
            {"more": 1},
        )
    )
    text = repr(fields).encode() + b"\n"
    magic = npy.magic(*random.choice((version, version, (2, 0), (9, 9))))
    members[at] = name, magic + len(text).to_bytes(2, "little") + text + body


def _flipped(members: Members, random: Random) -> None:
    """A byte of a member, with a checksum that is right."""
    at = random.randrange(len(members))
    name, data = members[at]
    where = random.randrange(min(len(data), 140)) if data else 0
    members[at] = name, data[:where] + bytes([random.randrange(256)]) + data[where + 1 :]


def _shortened(members: Members, random: Random) -> None:
    at = random.randrange(len(members))
    members[at] = members[at][0], members[at][1][: random.randrange(len(members[at][1]) + 1)]


def _nothing(members: Members, random: Random) -> None:
    """Those that work on the whole file come later."""


CHANGES: dict[str, Change] = {
    "dtype": _dtype,
    "shape": _shape,
    "number": _number,
    "numbers": _numbers,
    "wrapped": _wrapped,
    "layout": _layout,
    "renamed": _renamed,
    "removed": _removed,
    "added": _added,
    "header": _header,
    "flipped": _flipped,
    "shortened": _shortened,
    "bytes": _nothing,
    "cut": _nothing,
    "another_kind": _nothing,
}


def _damaged(contents: bytes, kind: str, random: Random) -> bytes:
    if not contents:
        return contents
    changed = bytearray(contents)
    at = random.randrange(len(changed))
    if kind == "bytes":
        # the directory at the end says the most
        at = random.choice((at, max(0, len(changed) - random.randrange(1, 200))))
        changed[at] ^= 1 << random.randrange(8)
    elif kind == "cut":
        del changed[at:]
    else:
        single = io.BytesIO()
        np.save(single, np.zeros(3))
        return random.choice(
            (single.getvalue(), b"", b"x,y\n1,2\n", b"\x80\x04N.", b"PK\x05\x06" + bytes(18))
        )
    return bytes(changed)
