"""The cache never shows half an entry, does not trust a damaged one, and nothing depends on it."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bnngen.base import cache
from bnngen.base.cache import IN_USE_S, cache_root, cached, caching, content_key, fetch, keep


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


def entries() -> list[str]:
    """The names in the cache, hidden ones too."""
    return sorted(path.relative_to(cache_root()).as_posix() for path in cache_root().glob("*/*"))


def put(name: str, text: str = "text", age_s: float = 0) -> Path:
    """An entry with one file, last used so long ago."""
    source = cache_root().parent / "source"
    source.mkdir(exist_ok=True)
    (source / "file").write_text(text)
    entry = keep(name, [source / "file"])
    assert entry is not None
    os.utime(entry, (time.time() - age_s,) * 2)
    return entry


def unusable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A place for the cache that nobody can make a folder in, not even root."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" / "cache"))


def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file can be copied any more."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("shutil.copy", refuse)


def test_root_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_root() == tmp_path / "bnngen"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_root() == tmp_path / "home" / ".cache" / "bnngen"


# building


def test_an_entry_is_built_once() -> None:
    build = Builder()
    entry = cached("tool/a", build)
    assert cached("tool/a", build) == entry == cache_root() / "tool" / "a"
    assert build.builds == 1
    assert sorted(path.name for path in entry.iterdir()) == ["manifest.json", "ports.json", "program"]
    assert entries() == ["tool/a"]


@pytest.mark.parametrize("damage", ["changed", "missing", "no manifest", "bad manifest", "empty", "a file"])
def test_a_damaged_entry_is_rebuilt(damage: str, tmp_path: Path) -> None:
    build = Builder()
    entry = cached("tool/a", build)
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
    (into := tmp_path / "into").mkdir()
    assert not fetch("tool/a", into)
    assert list(into.iterdir()) == []
    assert (cached("tool/a", build) / "program").read_text() == "run me"
    assert build.builds == 2
    assert entries() == ["tool/a"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_build_that_stops_leaves_nothing(
    error: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scratch := tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    cache.process_folder.cache_clear()

    def build(work: Path, result: Path) -> None:
        (work / "object.o").write_text("")
        (result / "program").write_text("half")
        raise error

    with pytest.raises(error):
        cached("tool/a", build)
    assert entries() == []
    assert [path for path in scratch.rglob("*") if path.is_file()] == []
    cache.process_folder.cache_clear()


def test_two_builds_at_once_leave_one_entry() -> None:
    barrier, build = threading.Barrier(2), Builder()

    def build_together(work: Path, result: Path) -> None:
        barrier.wait(timeout=30)
        build(work, result)

    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(cached("tool/a", build_together))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [cache_root() / "tool" / "a"] * 2
    assert build.builds == 2
    assert entries() == ["tool/a"]


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


# files of an entry


def test_files_are_kept_and_fetched(tmp_path: Path) -> None:
    (into := tmp_path / "into").mkdir()
    assert not fetch("tool/a", into)
    put("tool/a", "contents")
    assert fetch("tool/a", into)
    assert [(path.name, path.read_text()) for path in into.iterdir()] == [("file", "contents")]
    (into / "file").write_text("the copy may change")
    assert fetch("tool/a", into)
    assert (into / "file").read_text() == "contents"


def test_an_entry_that_vanishes_is_a_miss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process removes it between the look and the copy."""
    put("tool/a")
    (into := tmp_path / "into").mkdir()

    def vanish(source: Path, target: Path) -> None:
        target.write_text("ha")
        raise FileNotFoundError(errno.ENOENT, "gone", str(source))

    monkeypatch.setattr("shutil.copyfile", vanish)
    assert not fetch("tool/a", into)
    assert list(into.iterdir()) == []


def test_without_caching_nothing_is_read_or_kept(tmp_path: Path) -> None:
    build = Builder()
    cached("tool/a", build)
    with caching(False):
        assert cached("tool/a", build) != cache_root() / "tool" / "a"
        assert not fetch("tool/a", tmp_path)
        assert keep("tool/b", [tmp_path]) is None
        with caching(True):
            assert cached("tool/a", build) == cache_root() / "tool" / "a"
        cached("tool/a", build)
    assert build.builds == 3
    assert entries() == ["tool/a"]
    assert cached("tool/a", build) == cache_root() / "tool" / "a"


# what others may have put there


def other_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on all that is there is somebody else's."""
    other = os.geteuid() + 1
    monkeypatch.setattr("os.geteuid", lambda: other)


@pytest.mark.parametrize("place", ["bnngen", "bnngen/tool", "bnngen/tool/a"])
@pytest.mark.parametrize("trouble", ["all may write", "the group may write", "another user", "a link"])
def test_what_is_not_to_be_trusted_is_not_used(
    place: str,
    trouble: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    put("tool/a", "planted")
    folder = tmp_path / place
    if trouble == "another user":
        folder, place = tmp_path / "bnngen", "bnngen"
        other_user(monkeypatch)
    elif trouble == "a link":
        folder.rename(tmp_path / "elsewhere")
        folder.symlink_to(tmp_path / "elsewhere")
        if place == "bnngen":
            monkeypatch.setattr("bnngen.base.cache.is_own_link", lambda path: False)
    else:
        folder.chmod(0o777 if trouble == "all may write" else 0o770)
    before = sorted(tmp_path.rglob("*"))
    (into := tmp_path / "into").mkdir()
    build = Builder()
    for _ in range(2):
        assert not fetch("tool/a", into)
        assert keep("tool/a", [tmp_path / "source" / "file"]) is None
        if trouble != "another user":  # the folder of this process would be another user's too
            assert (cached("tool/a", build) / "program").read_text() == "run me"
    assert list(into.iterdir()) == []
    into.rmdir()
    assert sorted(tmp_path.rglob("*")) == before
    reason = {"another user": "it belongs to another user", "a link": "it is a link"}
    (record,) = caplog.records
    assert record.getMessage() == (
        f"the cache is not used, for '{folder}' is not to be trusted: "
        f"{reason.get(trouble, 'other users may write to it')}; delete it, or name another place in XDG_CACHE_HOME"
    )


def test_a_link_of_the_user_s_own(tmp_path: Path) -> None:
    (tmp_path / "large_disk").mkdir(mode=0o700)
    (tmp_path / "bnngen").symlink_to("large_disk")
    assert put("tool/a", "contents").is_dir()
    (into := tmp_path / "into").mkdir()
    assert fetch("tool/a", into)
    assert entries() == ["tool/a"]


@pytest.mark.parametrize("mask", [0o000, 0o002, 0o022, 0o077])
def test_what_we_make_is_ours_alone(mask: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever permissions new files and folders have by default."""
    before = os.umask(mask)
    try:
        put("tool/a")
        entry = cached(f"tool/mask{mask}", Builder())
        modes = {path: path.stat().st_mode & 0o777 for path in [cache_root(), *cache_root().rglob("*")]}
        unusable(monkeypatch, tmp_path)
        own = cached(f"tool/mask{mask}", Builder())
    finally:
        os.umask(before)
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert all(mode & 0o022 == 0 for mode in modes.values())
    assert entry.parents[2] == tmp_path
    assert own.stat().st_mode & 0o777 == own.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "name", ["a", "../a", "tool/..", "tool/../../a", "/tool/a", "tool/a/b", "tool/a.b", ""]
)
def test_names_lead_nowhere_else(name: str, tmp_path: Path) -> None:
    for use in (lambda: fetch(name, tmp_path), lambda: keep(name, []), lambda: cached(name, Builder())):
        with pytest.raises(ValueError, match="is no name of an entry: it must be like tool/key"):
            use()
    assert list(tmp_path.iterdir()) == []


# no place to write


@pytest.mark.parametrize("trouble", ["unusable", "full"])
def test_without_a_place_the_result_is_delivered(
    trouble: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    build = Builder()
    if trouble == "unusable":
        unusable(monkeypatch, tmp_path)
        assert (cached("tool/nowhere", build) / "program").read_text() == "run me"
        assert (cached("tool/nowhere", build) / "program").read_text() == "run me"
        assert build.builds == 1  # this process remembers
    else:
        source = tmp_path / "source"
        source.write_text("")
        full_disk(monkeypatch)
        assert keep("tool/full", [source]) is None
        assert entries() == []
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    reason = {"unusable": "Not a directory", "full": "No space left on device"}[trouble]
    assert record.getMessage() == f"a result cannot be kept in the cache {cache_root()}: {reason}"


def test_the_fallback_goes_with_the_process(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (scratch := tmp_path / "scratch").mkdir()
    code = "from bnngen.base.cache import cached; print(cached('tool/a', lambda work, result: (result / 'x').touch()))"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "file"), "TMPDIR": str(scratch)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(str(scratch))
    assert "cannot be kept in the cache" in done.stderr
    assert list(scratch.iterdir()) == []


def test_a_cache_that_can_only_be_read_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put("tool/a")

    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("os.utime", refuse)
    assert fetch("tool/a", tmp_path)


# pruning


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets the limit to this many entries of `put`."""

    def limit(count: int) -> None:
        size = sum(path.stat().st_size for path in put("tool/measure").iterdir())
        monkeypatch.setattr(cache, "LIMIT_BYTES", count * size)
        for path in (cache_root() / "tool" / "measure").iterdir():
            path.unlink()
        (cache_root() / "tool" / "measure").rmdir()

    return limit


def test_the_least_recently_used_goes_first(small: Callable[[int], None], tmp_path: Path) -> None:
    small(3)
    for age, name in enumerate(["one/a", "two/b", "one/c"], start=1):
        put(name, age_s=IN_USE_S * (10 - age))
    assert fetch("one/a", tmp_path)  # the oldest is used again
    put("two/d")
    assert entries() == ["one/a", "one/c", "two/d"]


def test_what_may_be_in_use_stays(small: Callable[[int], None]) -> None:
    small(1)
    put("tool/old", age_s=IN_USE_S + 60)
    put("tool/recent", age_s=IN_USE_S - 60)
    put("tool/new")
    assert entries() == ["tool/new", "tool/recent"]


def test_left_by_killed_processes(tmp_path: Path) -> None:
    put("tool/a")
    for name, age in ((".new-dead", 25 * 3600), (".new-alive", 3600)):
        folder = cache_root() / "tool" / name
        folder.mkdir()
        os.utime(folder, (time.time() - age,) * 2)
    put("tool/b")
    assert entries() == ["tool/.new-alive", "tool/a", "tool/b"]


def test_what_is_not_ours_stays(small: Callable[[int], None], tmp_path: Path) -> None:
    """Behind a link, without a manifest, or under another name."""
    small(1)
    put("tool/old", age_s=2 * IN_USE_S)
    (tmp_path / "home" / ".config").mkdir(parents=True)
    (tmp_path / "home" / "thesis").mkdir()
    for name in ("tool/notes", "tool/.hidden"):
        (cache_root() / name).mkdir()
    (cache_root() / "link").symlink_to(tmp_path / "home")
    (cache_root() / "tool" / "link").symlink_to(tmp_path / "home")
    for path in [*tmp_path.glob("home/*"), *cache_root().glob("*/*")]:
        os.utime(path, (1, 1))
    put("tool/new")
    assert [path.name for path in sorted((tmp_path / "home").iterdir())] == [".config", "thesis"]
    assert [path.name for path in sorted((cache_root() / "tool").iterdir())] == [
        ".hidden",
        "link",
        "new",
        "notes",
    ]


def test_two_processes_may_prune_at_once(
    small: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process takes an old entry away while this one looks at it."""
    small(1)
    put("tool/old", age_s=2 * IN_USE_S)
    rename = os.rename

    def late(source: Path, target: Path) -> None:
        if Path(source).name == "old":
            for path in Path(source).iterdir():
                path.unlink()
            Path(source).rmdir()
        rename(source, target)

    monkeypatch.setattr("os.rename", late)
    put("tool/new")
    assert entries() == ["tool/new"]


def test_the_manifest_is_readable() -> None:
    entry = put("tool/a", "")
    assert json.loads((entry / "manifest.json").read_text()) == {
        "file": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    }
