"""JSON that people have edited: read as the standard says, or refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnngen.base.strict_json import MOST_BYTES, parse, read_json


def test_json_is_read() -> None:
    text = '{"a": [1, -2.5e3, true, null], "b": {"c": "\\u00fc\\ud83d\\ude00"}, "d": 123456789012345678901234567890}'
    assert parse(text) == {
        "a": [1, -2500.0, True, None],
        "b": {"c": "ü😀"},
        "d": 123456789012345678901234567890,
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is not JSON: Expecting value: line 1 column 1"),
        ("{'a': 1}", "it is not JSON: Expecting property name"),
        ('{"a": 1', "it is not JSON: Expecting ',' delimiter"),
        ('{"a": 1} 2', "it is not JSON: Extra data"),
        ('{"a": NaN}', "it holds NaN, which is no number"),
        ("[-Infinity]", "it holds -Infinity, which is no number"),
        ("1e400", "it holds 1e400, which is beyond float64"),
        ('{"a": 1, "b": {"a": 1, "c": 2, "c": 3}}', "it has the key 'c' twice"),
        ('"\\ud800"', "it holds half of a character"),
        ("[" * 100_000 + "]" * 100_000, "it is nested too deeply"),
        ('{"a":' * 100_000, "it is nested too deeply"),
        ("9" * 5000, "Exceeds the limit"),
    ],
)
def test_what_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}"):
        parse(text)


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(path) == {"a": 1}
    path.write_bytes('{"a": 1}'.encode("utf-16"))
    with pytest.raises(ValueError, match=r"^it is not UTF-8 text: invalid start byte at byte 0$"):
        read_json(path)
    path.write_bytes(b" " * (MOST_BYTES + 1))
    with pytest.raises(ValueError, match=r"^it is longer than 16,777,216 bytes$"):
        read_json(path)
    with pytest.raises(IsADirectoryError):
        read_json(tmp_path)
