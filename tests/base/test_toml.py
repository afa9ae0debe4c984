"""Where in a TOML file a value stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from bnngen.base.toml import MOST_BYTES, line_in, line_of, read_toml

TEXT = """\
# a comment

name = "x"
[table]
one = 1  # the first
many = [
    1,
    2,
]
text = '''
one = 3
'''
[table.inner]
a.b = { c = 1 }
[[rows]]
k = 1
"""


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ((), 1),
        (("name",), 3),
        (("none",), 1),
        (("table",), 4),
        (("table", "one"), 5),
        (("table", "none"), 4),
        (("table", "many"), 6),
        (("table", "many", 1), 6),
        (("table", "text"), 10),
        (("table", "inner"), 13),
        (("table", "inner", "a", "b", "c"), 14),
        (("rows", 0, "k"), 15),
    ],
)
def test_line_of(keys: tuple[str | int, ...], line: int) -> None:
    assert line_of(TEXT, keys) == line


class Sheet(BaseModel, extra="forbid", allow_inf_nan=False):
    """Some fields of every kind."""

    name: str = ""
    count: int = 0
    share: float = 0.0
    names: dict[str, str] = {}


def read(path: Path, text: str | bytes) -> Sheet:
    (path / "s.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_toml(path / "s.toml", Sheet, ValueError)


def test_what_is_read(tmp_path: Path) -> None:
    text = 'name = "Zürich"\r\ncount = 3\r\n[names]\r\na = "b"\r\n'
    expected = Sheet(name="Zürich", count=3, names={"a": "b"})
    assert read(tmp_path, text) == read(tmp_path, b"\xef\xbb\xbf" + text.encode()) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("count = " + "[" * 5000 + "]" * 5000, ": arrays and tables are nested deeper than 16"),
        ("count = " + "[" * 40 + "]" * 40, r":1: count(\.0){15}: is nested deeper than 16"),
        ("a = 1\n" + "b." * 3000 + "b = 1", r":2: b(\.b){15}: is nested deeper than 16"),
        ("count = " + "9" * 5000, ": not valid TOML: Exceeds the limit"),
        ("count = 0x" + "f" * 5000, ":1: count: found a whole number of more than 64 bits"),
        ("count = 99999999999999999999", ":1: count: found a whole number of more than 64 bits"),
        ("\nname = 2020-01-01", r":2: name: found \['2020-01-01'\]; accepted: a valid string"),
        ("count = 07:32:00", r":1: count: found \['07:32:00'\]; accepted: a valid integer"),
        ("names = 2020-01-01T07:32:00Z", r":1: names: found \['2020.*'\]; accepted: "),
        ("share = nan", ":1: share: found nan; accepted: a finite number"),
        ("share = inf", ":1: share: found inf; accepted: a finite number"),
        ("share = -inf", ":1: share: found -inf; accepted: a finite number"),
        ("share = 1e400", ":1: share: found inf; accepted: a finite number"),
        ("count = true", ":1: count: found True; accepted: a valid integer"),
        ("count = 1.0", ":1: count: found 1.0; accepted: a valid integer"),
        (
            'name = "a\\u001b[31m"',
            r":1: name: found 'a\\x1b\[31m'; accepted: text without control characters",
        ),
        ('name = "a\\nb"', r":1: name: found 'a\\nb'; accepted: text without control characters"),
        ('[names]\n"\\u0007" = "a"', r":1: names: the key '\\x07' holds a control character"),
        ('count = "' + "x" * 500 + '"', r":1: count: found 'x{79}\.\.\.; accepted: a valid integer"),
        ("count", ": not valid TOML: Expected '=' after a key"),
        (b"\xff\xfec\0o\0", ": not UTF-8 text: invalid start byte at byte 0"),
        ("#" * (MOST_BYTES + 1), r": longer than 262,144 bytes, and so no file of this kind"),
    ],
)
def test_one_clear_message(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(ValueError, match=rf"^{tmp_path}/s\.toml{message}"):
        read(tmp_path, text)


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read: Is a directory"):
        read_toml(tmp_path, Sheet, ValueError)


def test_thousands_of_mistakes_are_counted(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown field") as caught:
        read(tmp_path, "\n".join(f"key{number} = {number}" for number in range(3000)))
    lines = str(caught.value).splitlines()
    assert len(lines) == 21
    assert lines[-1] == f"{tmp_path}/s.toml: and 2,980 more"


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_s_line(tmp_path: Path, mark: str, end: str) -> None:
    (tmp_path / "x.toml").write_bytes((mark + TEXT.replace("\n", end)).encode())
    assert line_in(tmp_path / "x.toml", ("table", "one"), RuntimeError) == 5
    with pytest.raises(RuntimeError, match=r"gone\.toml: cannot be read: No such file"):
        line_in(tmp_path / "gone.toml", (), RuntimeError)


def test_what_users_write_has_one_reader() -> None:
    """Another one would say other things, or nothing, of the same mistakes."""
    root = Path(__file__).parents[2]
    folders = [root / "bnngen", *(root / name for name in ("hw", "sim", "boards"))]
    readers = {p.name for f in folders for p in f.rglob("*.py") if "tomllib" in p.read_text(encoding="utf-8")}
    assert readers == {"toml.py"}
