"""NPZ files: read member by member, and never believed."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bnngen.base.errors import DataError
from bnngen.base.npz import MOST_BYTES, Npz

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes an archive of these members, each an array or bytes, and returns its path."""

    def save(members: dict[str, Any], method: int = zipfile.ZIP_DEFLATED) -> Path:
        with zipfile.ZipFile(tmp_path / "d.npz", "w", method) as archive:
            for name, contents in members.items():
                archive.writestr(name, contents if isinstance(contents, bytes) else packed(contents))
        return tmp_path / "d.npz"

    return save


def packed(array: np.ndarray) -> bytes:
    """``array`` as numpy writes it."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def with_header(text: str, numbers: bytes = b"", version: int = 1) -> bytes:
    """A member with this text as its header."""
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text.encode("latin-1") + numbers


RANDOM = np.random.default_rng(0)
ARRAYS = [
    np.arange(6, dtype=np.uint8).reshape(2, 3),
    np.arange(6, dtype=">i4").reshape(2, 3),
    np.asfortranarray(np.arange(24, dtype=np.int16).reshape(2, 3, 4)),
    np.array([[True, False]]),
    np.array(2.5, np.float16),
    RANDOM.normal(size=(3, 2)).astype(">f8"),
    np.zeros((0, 4), np.float32),
    np.arange(3, dtype=np.longdouble),
    np.array(["one", "Zürich", ""]),
    np.array(["a", "bc"], ">U2"),
    np.array([b"a", b"bc"]),
]


@pytest.mark.parametrize("array", ARRAYS, ids=str)
def test_what_numpy_writes_is_read(write: Write, array: np.ndarray) -> None:
    read = Npz(write({"a.npy": array}))["a"]
    assert read.dtype.isnative
    assert (read.shape, read.dtype) == (array.shape, array.dtype.newbyteorder("="))
    assert np.array_equal(read, array)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_the_names_are_numpy_s(tmp_path: Path, save: Callable[..., Any]) -> None:
    save(tmp_path / "d.npz", x=np.ones(2), y=np.zeros(1, int))
    arrays = Npz(tmp_path / "d.npz")
    assert list(arrays) == ["x", "y"]
    assert ("x" in arrays, "z" in arrays, len(arrays)) == (True, False, 2)
    assert arrays.get("z") is None
    assert arrays["y"].tolist() == [0]


def test_a_boolean_is_true_or_false_whatever_its_byte(write: Write) -> None:
    header = "{'descr': '|b1', 'fortran_order': False, 'shape': (3,)}"
    read = Npz(write({"a.npy": with_header(header, b"\0\1\7")}))["a"]
    assert read.astype(int).tolist() == [0, 1, 1]


@pytest.mark.parametrize("version", [2, 3])
def test_later_versions_of_the_header(write: Write, version: int) -> None:
    header = "{'descr': '<u2', 'fortran_order': False, 'shape': (2,), }\n"
    assert Npz(write({"a.npy": with_header(header, b"\1\0\2\0", version)}))["a"].tolist() == [1, 2]


RECORDS = np.zeros(2, [("a", "f4"), ("b", "i2")])


@pytest.mark.parametrize(
    ("array", "what"),
    [
        (np.array(["2020-01-01"], "M8[D]"), "dates"),
        (np.array([1], "m8[s]"), "times"),
        (np.ones(2, complex), "complex numbers"),
        (np.zeros(2, "V4"), "raw bytes"),
        (RECORDS, "records"),
    ],
)
def test_what_is_neither_numbers_nor_text(write: Write, array: np.ndarray, what: str) -> None:
    with pytest.raises(DataError, match=rf"d.npz': a holds {what}; accepted are booleans, integers"):
        Npz(write({"a.npy": array}))["a"]


def test_objects_are_not_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", a=np.array([{}], dtype=object))
    with pytest.raises(DataError, match=r"a holds Python objects; accepted are booleans, integers"):
        Npz(tmp_path / "d.npz")["a"]


GOOD = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}"


@pytest.mark.parametrize(
    "contents",
    [
        with_header("{'descr': '<f4', 'fortran_order': False}"),
        with_header(GOOD.replace("False", "0"), bytes(8)),
        with_header(GOOD.replace("2,", "-2,"), bytes(8)),
        with_header(GOOD.replace("2,", "2.0,"), bytes(8)),
        with_header(GOOD.replace("2,", "True, 2,"), bytes(8)),
        with_header(GOOD.replace("(2,)", "2"), bytes(8)),
        with_header(GOOD.replace("(2,)", f"({'1, ' * 33})"), bytes(4)),
        with_header("(" * 5000),
        with_header("[" * 90 + "]" * 90),
        with_header("-" * 9000 + "1"),
        with_header(f"{'9' * 5000}"),
        with_header("{'\\q': 0x}"),
        with_header("x" * 20_000),
        b"\x93NUMPY\x07\0" + bytes(100),
        with_header(GOOD, bytes(8)).replace(b"\1\0", b"\1\1", 1),
    ],
    ids=range(15),
)
def test_damaged_headers(write: Write, contents: bytes) -> None:
    with pytest.raises(DataError, match=r"d.npz': a has a damaged header"):
        Npz(write({"a.npy": contents}))["a"]


@pytest.mark.parametrize("descr", ["U0", "i4,i4", "(1000000,)f4", "f3", "nonsense", "<"])
def test_other_types(write: Write, descr: str) -> None:
    header = GOOD.replace("<f4", descr)
    with pytest.raises(DataError, match=r"a holds .*; accepted are booleans, integers"):
        Npz(write({"a.npy": with_header(header, bytes(8))}))["a"]


def test_a_long_float_of_another_machine(write: Write) -> None:
    name = "f12" if np.dtype(np.longdouble).itemsize == 16 else "f16"
    header = GOOD.replace("<f4", f"<{name}")
    with pytest.raises(DataError, match=rf"a holds floats of type <{name}; save them as float64"):
        Npz(write({"a.npy": with_header(header, bytes(2 * int(name[1:])))}))["a"]


@pytest.mark.parametrize(
    "contents", [b"", b"\x93NUM", b"plain text, and long enough for a header", b"PK\5\6" + bytes(18)]
)
def test_members_that_are_no_arrays(write: Write, contents: bytes) -> None:
    with pytest.raises(DataError, match="a is not an array as numpy writes it"):
        Npz(write({"a.npy": contents}))["a"]


@pytest.mark.parametrize("shape", ["(2, 3)", f"({1 << 61},)", f"{(1 << 40,) * 3}", "(0,)"])
def test_a_shape_that_the_member_does_not_hold(write: Write, shape: str) -> None:
    """The claim is compared before anything is allocated."""
    path = write({"a.npy": with_header(GOOD.replace("(2,)", shape), bytes(8))})
    tracemalloc.start()
    with pytest.raises(DataError, match=r"a is damaged: float32 of shape .* takes .* bytes, but it holds 8"):
        Npz(path)["a"]
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def claiming(path: Path, packed_size: int | None = None, size: int | None = None) -> None:
    """Change the sizes that the archive's directory gives of its only member."""
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\1\2")
    for offset, number in ((20, packed_size), (24, size)):
        if number is not None:
            struct.pack_into("<I", data, at + offset, number)
    path.write_bytes(data)


def test_a_bomb_is_not_unpacked(write: Write) -> None:
    """Eight bytes that claim four gigabytes in the header and in the archive's directory."""
    count = (1 << 30) - 32
    header = GOOD.replace("2,", f"{count},")
    path = write({"a.npy": with_header(header, bytes(8))})
    claiming(path, size=len(with_header(header)) + 4 * count)
    tracemalloc.start()
    with pytest.raises(
        DataError, match=rf"a takes {4 * count:,} bytes unpacked; accepted are {MOST_BYTES:,}"
    ):
        Npz(path)["a"]
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_no_memory_is_an_answer(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    path = write({"a.npy": np.zeros(2)})
    monkeypatch.setattr("bnngen.base.npz.np.empty", full)
    with pytest.raises(DataError, match="a takes 16 bytes unpacked, and so much memory isn't free"):
        Npz(path)["a"]


def test_members_that_nobody_asks_for_cost_nothing(write: Write) -> None:
    """A gigabyte of zeros beside it, in the file a megabyte."""
    path = write({"x.npy": np.ones((2, 3))})
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("big.npy", "w") as member,
    ):
        for _ in range(64):
            member.write(bytes(1 << 20))
    tracemalloc.start()
    arrays = Npz(path)
    assert arrays["x"].sum() == 6
    assert arrays.names == "['big', 'x']"
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("names", [("a.npy", "a.npy"), ("a.npy", "a")])
def test_two_members_of_one_name(tmp_path: Path, names: tuple[str, str]) -> None:
    with zipfile.ZipFile(tmp_path / "d.npz", "w") as archive:
        for number, name in enumerate(names):
            archive.writestr(name, packed(np.full(2, number)))
    with pytest.raises(DataError, match=r"d.npz': a is there more than once"):
        Npz(tmp_path / "d.npz")["a"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing(write: Write, method: int) -> None:
    path = write({"a.npy": np.zeros(2)}, method)
    with pytest.raises(DataError, match=f"a is packed by method {method}; accepted are stored and deflated"):
        Npz(path)["a"]


def test_an_encrypted_member(write: Write) -> None:
    path = write({"a.npy": np.zeros(2)})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"a is encrypted; write it with np.savez"):
        Npz(path)["a"]


def test_a_wrong_checksum(write: Write) -> None:
    path = write({"a.npy": np.arange(4.0)}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") - 1] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match="a is damaged: Bad CRC-32"):
        Npz(path)["a"]


def test_a_member_that_is_cut_off(write: Write) -> None:
    path = write({"a.npy": RANDOM.normal(size=1000)})
    claiming(path, packed_size=500)
    with pytest.raises(DataError, match="a is damaged"):
        Npz(path)["a"]


@pytest.mark.parametrize("contents", [b"", b"a,b\n1,2\n", b"PK\3\4 cut off", b"PK\5\6" + bytes(17)])
def test_files_that_are_no_archives(tmp_path: Path, contents: bytes) -> None:
    (tmp_path / "d.npz").write_bytes(contents)
    with pytest.raises(DataError, match=r"d.npz' is not a whole .npz file: "):
        Npz(tmp_path / "d.npz")


def test_a_folder_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"can't read the data .*: Is a directory"):
        Npz(tmp_path)
    with pytest.raises(DataError, match=r"can't read the data 'nowhere.npz': No such file"):
        Npz(Path("nowhere.npz"))


def test_many_names_are_not_all_told(write: Write) -> None:
    arrays = Npz(write({f"m{number:02}.npy": np.zeros(1) for number in range(20)}))
    assert arrays.names == "['m00', 'm01', 'm02', 'm03', 'm04', 'm05', 'm06', 'm07'] and 12 more"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_any_damage_is_one_error_or_none(write: Write, method: int) -> None:
    """Bytes changed at random: the archive is right, refused, or damaged where nobody looks."""
    path = write({"a.npy": np.arange(12.0).reshape(3, 4), "b.npy": np.arange(300)}, method)
    whole, random = path.read_bytes(), np.random.default_rng(1)
    for _ in range(600):
        data = bytearray(whole[: random.integers(1, len(whole)) if random.random() < 0.1 else None])
        for at in random.integers(0, len(data), random.integers(1, 4)):
            data[at] = random.integers(256)
        path.write_bytes(data)
        try:
            read = Npz(path)["a"]
        except (DataError, KeyError):
            continue
        assert np.array_equal(read, np.arange(12.0).reshape(3, 4))
