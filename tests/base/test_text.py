"""Text that can be shown: nothing in it acts on a terminal, and nothing readable is changed."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen.base.text import joined, shown, shown_lines, usable, without_password


@pytest.mark.parametrize("text", ["", "conv1/MatMul", "größe 漢字 🙂", "[/red] <b> $(x) `y` \\ \"'%"])
def test_what_can_be_seen_stays(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("\a\b\r\n\t\0\x7f\x9b", r"\x07\x08\r\n\t\x00\x7f\x9b"),
        ("\u202egnp.exe\u2066", r"\u202egnp.exe\u2066"),
        ("a\u2028b\u00a0c", r"a\u2028b\xa0c"),
        ("\udcff\U000e0001", r"\udcff\U000e0001"),
    ],
)
def test_what_can_not_be_seen_is_named(text: str, expected: str) -> None:
    assert shown(text) == expected


@given(st.text(st.characters(exclude_characters="\\'")))
def test_nothing_else_comes_out_and_nothing_is_lost(text: str) -> None:
    assert shown(text).isprintable()
    assert ast.literal_eval(f"'{shown(text)}'") == text


@given(st.text())
def test_lines_stay_lines(text: str) -> None:
    lines = shown_lines(text).split("\n")
    assert len(lines) == len(text.split("\n"))
    assert all(line.isprintable() for line in lines)


def test_a_tab_is_a_space_in_lines() -> None:
    assert shown_lines("a\tb\nc\x1b") == "a b\nc\\x1b"


def test_usable_paths() -> None:
    assert all(map(usable, ("a b/[x]$#'\"%é漢", "\u202e", "")))
    assert not any(map(usable, ("a\x1bb", "a\nb", "\x7f", "\x85", "\udcff")))


def test_a_list_in_words() -> None:
    assert joined(["a"], "or", comma=True) == "a"
    assert joined(["a", "b", "c"], "or") == "a, b or c"
    assert joined(["a", "b", "c"], "or", comma=True) == "a, b, or c"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://ali:sesame@host:5432/db", "postgresql://ali:***@host:5432/db"),
        ("'mysql+pymysql://ali:s:e@s/a?me@host/db': no", "'mysql+pymysql://ali:***@host/db': no"),
        (
            "postgresql://host/db?user=ali&password=sesame&x=1",
            "postgresql://host/db?user=ali&password=***&x=1",
        ),
        ("mysql://host/db?ssl_PASSWD=sesame", "mysql://host/db?ssl_PASSWD=***"),
        ("a://b:sesame@c d://e:sesame@f", "a://b:***@c d://e:***@f"),
        ("postgresql://:sesame@host/db", "postgresql://:***@host/db"),
        ("postgresql://ali@host:5432/db", "postgresql://ali@host:5432/db"),
        ("grpc://host:13000, /a/b@c.log, sqlite:///x.db", "grpc://host:13000, /a/b@c.log, sqlite:///x.db"),
    ],
)
def test_no_password_is_shown(text: str, expected: str) -> None:
    assert without_password(text) == expected
