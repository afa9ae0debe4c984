"""The cache never shows half an entry, and does not trust a damaged one."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from bnngen_sim.cache import cache_root, cached, content_key


@pytest.fixture(autouse=True)
def _root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


class Builder:
    """Counts its builds and writes two files."""

    def __init__(self) -> None:
        self.builds = 0

    def __call__(self, work: Path, result: Path) -> None:
        self.builds += 1
        (work / "object.o").write_text("thrown away")
        (result / "program").write_text("run me")
        (result / "ports.json").write_text("{}")


def test_root_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_root() == tmp_path / "bnngen" / "verilator"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_root() == tmp_path / "home" / ".cache" / "bnngen" / "verilator"


def test_an_entry_is_built_once() -> None:
    build = Builder()
    entry = cached("a", build)
    assert cached("a", build) == entry == cache_root() / "a"
    assert build.builds == 1
    assert sorted(path.name for path in entry.iterdir()) == ["manifest.json", "ports.json", "program"]
    assert [path.name for path in cache_root().iterdir()] == ["a"]


@pytest.mark.parametrize("damage", ["changed", "missing", "no manifest", "bad manifest", "empty", "a file"])
def test_a_damaged_entry_is_rebuilt(damage: str) -> None:
    build = Builder()
    entry = cached("a", build)
    if damage == "changed":
        (entry / "program").write_text("run m")
    elif damage == "missing":
        (entry / "program").unlink()
    elif damage == "bad manifest":
        (entry / "manifest.json").write_text("[")
    else:
        for path in entry.iterdir():
            if damage != "no manifest" or path.name == "manifest.json":
                path.unlink()
    if damage == "a file":
        entry.rmdir()
        entry.write_text("")
    assert (cached("a", build) / "program").read_text() == "run me"
    assert build.builds == 2
    assert [path.name for path in cache_root().iterdir()] == ["a"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_build_that_stops_leaves_nothing(error: type[BaseException]) -> None:
    def build(work: Path, result: Path) -> None:
        (work / "object.o").write_text("")
        (result / "program").write_text("half")
        raise error

    with pytest.raises(error):
        cached("a", build)
    assert list(cache_root().iterdir()) == []


def test_two_builds_at_once_leave_one_entry() -> None:
    barrier, build = threading.Barrier(2), Builder()

    def build_together(work: Path, result: Path) -> None:
        barrier.wait(timeout=30)
        build(work, result)

    entries: list[Path] = []
    threads = [threading.Thread(target=lambda: entries.append(cached("a", build_together))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert entries == [cache_root() / "a"] * 2
    assert build.builds == 2
    assert [path.name for path in cache_root().iterdir()] == ["a"]


def test_a_cache_that_cannot_be_written_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(13, "no", str(target))

    monkeypatch.setattr("os.rename", refuse)
    with pytest.raises(PermissionError):
        cached("a", Builder())


def test_key_covers_names_contents_and_facts(tmp_path: Path) -> None:
    one, two = tmp_path / "one.v", tmp_path / "two.v"
    one.write_text("x")
    two.write_text("x")
    keys = [
        content_key([one], "tool 1"),
        content_key([one], "tool 2"),
        content_key([two], "tool 1"),
        content_key([one, two], "tool 1"),
        content_key([one], "tool 1", ""),
    ]
    assert content_key([two, one], "tool 1") == keys[3]
    one.write_text("y")
    keys.append(content_key([one], "tool 1"))
    assert len(set(keys)) == len(keys)
