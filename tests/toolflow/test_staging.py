"""A folder that never holds half a result, and results from the cache."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bnngen.base.cache import caching
from bnngen.base.errors import ToolError, UsageError
from bnngen.toolflow.staging import PLAIN, staging, through_cache

Run = Callable[..., tuple[bool, str]]


class TestStaging:
    def test_success_moves_the_products(self, tmp_path: Path) -> None:
        out = tmp_path / "a" / "out"
        with staging(out, ["x", "y", "z.log"]) as work:
            (work / "x").write_text("1")
            (work / "z.log").write_text("2")
            (work / "scratch").write_text("3")
            assert not (out / "x").exists()
        assert sorted(path.name for path in out.iterdir()) == ["x", "z.log"]

    @pytest.mark.parametrize("error", [ToolError("no", ""), KeyboardInterrupt()])
    def test_failure_leaves_logs_only(self, tmp_path: Path, error: BaseException) -> None:
        (tmp_path / "x").write_text("an older result")
        (tmp_path / "other").write_text("not ours")

        def work_until_it_fails() -> None:
            with staging(tmp_path, ["x", "z.log"]) as work:
                assert not (tmp_path / "x").exists()
                (work / "x").write_text("half")
                (work / "z.log").write_text("why")
                raise error

        with pytest.raises(type(error)):
            work_until_it_fails()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "z.log"]

    @pytest.mark.parametrize("good", [True, False])
    def test_a_folder_that_not_every_tool_takes(self, tmp_path: Path, good: bool) -> None:
        out = tmp_path / "a b"

        def work_elsewhere() -> None:
            with staging(out, ["x", "y", "z.log"]) as work:
                assert PLAIN.fullmatch(str(work))
                (work / "x").write_text("1")
                (work / "z.log").write_text("2")
                if not good:
                    raise KeyboardInterrupt

        if good:
            work_elsewhere()
        else:
            with pytest.raises(KeyboardInterrupt):
                work_elsewhere()
        assert sorted(path.name for path in out.iterdir()) == (["x", "z.log"] if good else ["z.log"])

    def test_no_folder_that_every_tool_takes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "t;mp").mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "t;mp"))
        with (
            pytest.raises(
                UsageError, match=r"can work neither in '.*/a b' nor in '.*/t;mp': both names hold"
            ),
            staging(tmp_path / "a b", ["x"]),
        ):
            pass
        assert list((tmp_path / "a b").iterdir()) == []

    def test_a_full_disk_names_the_folder(self, tmp_path: Path) -> None:
        def work_on_a_full_disk() -> None:
            with staging(tmp_path, ["x"]) as work:
                (work / "x").write_text("half")
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with pytest.raises(UsageError, match=rf"^can't write to the folder '{tmp_path}': No space left"):
            work_on_a_full_disk()
        assert list(tmp_path.iterdir()) == []

    def test_other_errors_of_the_system_are_not_the_disk_s(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError), staging(tmp_path, ["x"]):
            raise FileNotFoundError(errno.ENOENT, "a bug")


class TestThroughCache:
    @pytest.fixture
    def run(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
        """Asks for the entry, in a folder of its own; says whether it was a hit and what the file holds."""
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

        def ask(contents: str, good: bool = True) -> tuple[bool, str]:
            work = tmp_path / f"work {len(list(tmp_path.iterdir()))}"
            work.mkdir()

            def make() -> bool:
                (work / "x").write_text(contents)
                (work / "scratch").write_text("")
                return good

            return through_cache("tool/key", work, ["x"], make), (work / "x").read_text()

        return ask

    def test_made_once(self, run: Run) -> None:
        assert run("first") == (False, "first")
        assert run("second") == (True, "first")
        with caching(False):
            assert run("third") == (False, "third")

    def test_what_is_not_good_is_not_kept(self, run: Run) -> None:
        assert run("bad", good=False) == (False, "bad")
        assert run("good") == (False, "good")
        assert run("later") == (True, "good")

    def test_a_full_cache_does_not_matter(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr("shutil.copy", refuse)
        assert run("first") == (False, "first")
        assert run("second") == (False, "second")
        assert "No space left on device" in caplog.text
