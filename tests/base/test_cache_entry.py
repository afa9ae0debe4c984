"""Entries believe only themselves: names, manifests, files and their owners."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bnngen.base.cache_entry import (
    MANIFEST,
    MOST_MANIFEST_BYTES,
    check_name,
    digest,
    distrust,
    fill,
    intact_files,
    is_own_link,
)


@pytest.fixture
def entry(tmp_path: Path) -> Path:
    """With the files "one" and "two.v"."""
    for name in ("one", "two.v"):
        (tmp_path / name).write_text(name)
    return fill(tmp_path / "entry", [tmp_path / "one", tmp_path / "two.v"])


def write_manifest(entry: Path, *names: str) -> None:
    """One that is right about the files that these names lead to."""
    (entry / MANIFEST).write_text(json.dumps({name: digest(entry / name) for name in names}))


def test_an_intact_one(entry: Path) -> None:
    assert intact_files(entry) == ["one", "two.v"]
    assert json.loads((entry / MANIFEST).read_text())["one"] == digest(entry / "one")
    write_manifest(entry, "one")
    assert intact_files(entry) == ["one"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '"one"',
        "{",
        "[" * 50_000,
        '{"one": ' * 6_000,
        '{"one": ' + "[" * 50_000 + "]" * 50_000 + "}",
        '{"one": NaN}',
        '{"one": null}',
        '{"one": {}}',
        '{"one": "0"}',
        '{"one": "0", "one": "0"}',
        '{"": ""}',
        '{"no such": "0"}',
        "{}" + " " * MOST_MANIFEST_BYTES,
    ],
    ids=range(16),
)
def test_manifests_that_are_none(entry: Path, text: str) -> None:
    (entry / MANIFEST).write_text(text)
    assert intact_files(entry) == []


def test_a_manifest_that_is_no_text(entry: Path) -> None:
    (entry / MANIFEST).write_bytes(b"\xff")
    assert intact_files(entry) == []


@pytest.mark.parametrize("kind", ["pipe", "folder", "link"])
def test_a_manifest_that_is_no_plain_file(entry: Path, kind: str) -> None:
    path = entry / MANIFEST
    if kind == "link":
        path.rename(entry / "elsewhere")
        path.symlink_to("elsewhere")
    else:
        path.unlink()
        (os.mkfifo if kind == "pipe" else os.mkdir)(path)
    assert intact_files(entry) == []


@pytest.mark.parametrize(
    "name", ["../one", "./one", "inner/one", "..", ".", "", "inner\\one", "C:one", "a\nb"]
)
def test_names_are_plain(entry: Path, name: str) -> None:
    """Even where the file is there and its digest is right."""
    (entry / "inner").mkdir()
    for file in ("inner/one", "inner\\one", "C:one", "a\nb"):
        (entry / file).write_text("")
    is_file = (entry / name).is_file()
    (entry / MANIFEST).write_text(json.dumps({name: digest(entry / name) if is_file else ""}))
    assert intact_files(entry) == []


@pytest.mark.parametrize("trouble", ["a link", "a folder", "writable", "another user's"])
def test_files_are_plain_and_ours(entry: Path, trouble: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if trouble == "a link":
        (entry / "one").unlink()
        (entry / "one").symlink_to(entry.parent / "one")
    elif trouble == "a folder":
        (entry / "one").unlink()
        (entry / "one").mkdir()
    elif trouble == "writable":
        (entry / "one").chmod(0o664)
    else:
        other = os.geteuid() + 1
        monkeypatch.setattr("os.geteuid", lambda: other)
    assert intact_files(entry) == []


def test_distrust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path := tmp_path / "path").mkdir(mode=0o755)
    (tmp_path / "link").symlink_to(path)
    assert distrust(path) is None
    assert distrust(tmp_path / "nothing") is None
    assert distrust(tmp_path / "link") == "it is a link"
    assert (is_own_link(tmp_path / "link"), is_own_link(path)) == (True, False)
    path.chmod(0o775)
    assert distrust(path) == "other users may write to it"
    other = os.geteuid() + 1
    monkeypatch.setattr("os.geteuid", lambda: other)
    assert distrust(path) == "it belongs to another user"
    assert not is_own_link(tmp_path / "link")


def test_names_of_entries() -> None:
    for name in ("tool/a", "verilator/batch-0a1b", "A_1/b"):
        check_name(name)
    with pytest.raises(ValueError, match=r"^'tool/\.\.' is no name of an entry"):
        check_name("tool/..")
    with pytest.raises(ValueError, match="is no name"):
        check_name("tool/a\n")
