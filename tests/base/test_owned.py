"""Only what bnngen wrote is replaced and removed, whatever a folder holds and whatever its list says."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from bnngen.base.errors import UsageError
from bnngen.base.files import NEW, WORK, sole_writer, write_text
from bnngen.base.owned import LIST, keep_inputs, owned, owned_files

NAMES = ("report.json", "rtl/a.v")
STALE = ("report.json", "rtl")


def write(folder: Path, names: Collection[str] = NAMES, text: str = "ours") -> None:
    """A run that writes these files."""
    with owned(folder, names, STALE):
        for name in names:
            (folder / name).parent.mkdir(exist_ok=True)
            write_text(folder / name, text)


def contents(folder: Path) -> dict[str, str]:
    """All files but the list."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != LIST]
    return {path.relative_to(folder).as_posix(): path.read_text() for path in paths}


def listed(folder: Path) -> list[str]:
    return list(json.loads((folder / LIST).read_text())["files"])


def put(path: Path, text: str = "the user's") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


class TestOwned:
    def test_a_second_run_replaces_what_the_first_wrote(self, tmp_path: Path) -> None:
        write(tmp_path)
        write(tmp_path, text="new")
        assert contents(tmp_path) == dict.fromkeys(NAMES, "new")
        assert listed(tmp_path) == sorted(NAMES)

    def test_what_is_stale_goes_with_its_folder(self, tmp_path: Path) -> None:
        write(tmp_path)
        write(tmp_path, ["report.json"])
        assert contents(tmp_path) == {"report.json": "ours"}
        assert not (tmp_path / "rtl").exists()
        assert listed(tmp_path) == ["report.json"]

    def test_what_others_put_beside_it_stays(self, tmp_path: Path) -> None:
        write(tmp_path)
        put(tmp_path / "rtl" / "my_top.v")
        put(tmp_path / "notes.txt")
        write(tmp_path, ["report.json"])
        assert contents(tmp_path) == {
            "report.json": "ours",
            "rtl/my_top.v": "the user's",
            "notes.txt": "the user's",
        }

    def test_what_an_earlier_run_wrote_and_is_not_stale_stays_ours(self, tmp_path: Path) -> None:
        write(tmp_path, ["model.onnx"])
        write(tmp_path)
        assert listed(tmp_path) == ["model.onnx", *sorted(NAMES)]
        write(tmp_path, ["model.onnx"])

    def test_all_that_is_in_the_way_is_named_and_nothing_is_touched(self, tmp_path: Path) -> None:
        put(tmp_path / "rtl" / "a.v")
        put(tmp_path / "report.json")
        put(tmp_path / "other")
        with pytest.raises(
            UsageError,
            match=f"^'{tmp_path}' holds what bnngen did not write under names that it needs, "
            "report.json, rtl/a.v: move that away, or name another folder$",
        ):
            write(tmp_path, [*NAMES, "free.txt"])
        assert set(contents(tmp_path).values()) == {"the user's"}
        assert not (tmp_path / LIST).exists()

    def test_a_file_that_was_ours_and_is_no_more(self, tmp_path: Path) -> None:
        """What is not there when a run ends is off the list: whoever puts a file there keeps it."""
        with owned(tmp_path, NAMES):
            write_text(tmp_path / "report.json", "ours")
        put(tmp_path / "rtl" / "a.v")
        with pytest.raises(UsageError, match=r"needs, rtl/a\.v: move"):
            write(tmp_path)

    def test_a_folder_where_a_file_should_be(self, tmp_path: Path) -> None:
        put(tmp_path / "report.json" / "mine")
        with pytest.raises(UsageError, match=r"needs, report\.json: move"):
            write(tmp_path)

    def test_a_file_where_a_folder_should_be(self, tmp_path: Path) -> None:
        put(tmp_path / "rtl")
        with pytest.raises(UsageError, match="needs, rtl: move"):
            write(tmp_path)

    def test_a_path_that_is_a_file(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="can't write to the folder"):
            write(put(tmp_path / "out"))

    def test_a_failed_run_leaves_a_true_list(self, tmp_path: Path) -> None:
        def fail() -> None:
            with owned(tmp_path, NAMES):
                write_text(tmp_path / "report.json", "half the work")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fail()
        assert listed(tmp_path) == ["report.json"]
        write(tmp_path)

    def test_a_run_that_writes_nothing_leaves_nothing(self, tmp_path: Path) -> None:
        with owned(tmp_path / "out", NAMES):
            assert set(listed(tmp_path / "out")) == set(NAMES)
        assert list((tmp_path / "out").iterdir()) == []

    def test_a_list_that_cannot_be_written(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path)

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", full)
            with pytest.raises(UsageError, match=f"can't write '.*{LIST}': No space left"):
                write(tmp_path)
        assert contents(tmp_path) == dict.fromkeys(NAMES, "ours")
        write(tmp_path)

    def test_one_run_at_a_time(self, tmp_path: Path) -> None:
        with sole_writer(tmp_path), pytest.raises(UsageError, match="another run is writing"):
            write(tmp_path)

    def test_a_killed_run_leaves_no_file_that_the_list_lacks(self, tmp_path: Path) -> None:
        """Seen from another process at every moment of a run: each file is listed, or is in the making."""

        def look() -> None:
            found = {path.as_posix() for path in map(Path, contents(tmp_path))}
            assert found <= set(listed(tmp_path))

        with owned(tmp_path, NAMES, STALE):
            look()
            for name in NAMES:
                (tmp_path / name).parent.mkdir(exist_ok=True)
                write_text(tmp_path / name, "ours")
                look()

    def test_what_a_killed_run_left_in_the_making_goes(self, tmp_path: Path) -> None:
        put(tmp_path / f"{NEW}abcd123_")
        put(tmp_path / "rtl" / f"{WORK}abcd1234" / "yosys.log")
        mine = put(tmp_path / ".bnngen-work-of-mine" / "thesis.txt"), put(tmp_path / "x" / f"{NEW}abcd1234")
        write(tmp_path)
        assert set(contents(tmp_path)) == {*NAMES, *(path.relative_to(tmp_path).as_posix() for path in mine)}


class TestLinks:
    @pytest.fixture
    def elsewhere(self, tmp_path: Path) -> Path:
        """The user's folder, outside of the one that bnngen writes to."""
        put(tmp_path / "elsewhere" / "a.v")
        put(tmp_path / "elsewhere" / "my_top.v")
        return tmp_path / "elsewhere"

    def test_to_the_folder_itself(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "out").symlink_to(tmp_path / "real")
        write(tmp_path / "out")
        write(tmp_path / "out", text="new")
        assert contents(tmp_path / "real") == dict.fromkeys(NAMES, "new")

    def test_in_the_place_of_a_folder(self, tmp_path: Path, elsewhere: Path) -> None:
        out = tmp_path / "out"
        write(out)
        (out / "rtl" / "a.v").unlink()
        (out / "rtl").rmdir()
        (out / "rtl").symlink_to(elsewhere)
        with pytest.raises(UsageError, match="needs, rtl: move"):
            write(out)
        write(out, ["report.json"])  # without a use for rtl; but its a.v was ours, and is stale
        assert contents(elsewhere) == {"a.v": "the user's", "my_top.v": "the user's"}
        assert (out / "rtl").is_symlink()

    @pytest.mark.parametrize("target", ["a.v", "nothing"])
    def test_in_the_place_of_a_file(self, tmp_path: Path, elsewhere: Path, target: str) -> None:
        out = tmp_path / "out"
        write(out)
        (out / "report.json").unlink()
        (out / "report.json").symlink_to(elsewhere / target)
        with pytest.raises(UsageError, match=r"needs, report\.json: move"):
            write(out)
        write(out, ["other"])
        assert contents(elsewhere) == {"a.v": "the user's", "my_top.v": "the user's"}
        assert (out / "report.json").is_symlink()

    def test_in_the_place_of_what_is_in_the_making(self, tmp_path: Path, elsewhere: Path) -> None:
        out = tmp_path / "out"
        write(out)
        (out / f"{WORK}abcd1234").symlink_to(elsewhere)
        write(out)
        assert not (out / f"{WORK}abcd1234").is_symlink()
        assert contents(elsewhere) == {"a.v": "the user's", "my_top.v": "the user's"}

    def test_in_the_place_of_the_list(self, tmp_path: Path) -> None:
        listing = put(tmp_path / "list", json.dumps({"files": ["report.json"]}))
        put(tmp_path / "out" / "report.json")
        (tmp_path / "out" / LIST).symlink_to(listing)
        with pytest.raises(UsageError, match="is damaged"):
            write(tmp_path / "out")
        assert contents(tmp_path / "out") == {"report.json": "the user's"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "[" * 100_000,
        "[]",
        "{}",
        '{"files": "report.json"}',
        '{"files": [1]}',
        '{"files": [], "files": ["rtl/a.v"]}',
        '{"bnngen": NaN, "files": ["rtl/a.v"]}',
        '{"files": ["../precious"]}',
        '{"files": ["rtl/../../precious"]}',
        '{"files": ["/precious"]}',
        '{"files": [""]}',
        '{"files": ["."]}',
        '{"files": ["rtl//a.v"]}',
        '{"files": ["a\\u0000b"]}',
        '{"files": ["..\\\\precious"]}',
        b"\xff",
    ],
)
def test_a_damaged_list_leads_to_nothing(tmp_path: Path, text: str | bytes) -> None:
    out = tmp_path / "out"
    put(tmp_path / "precious")
    put(out / "rtl" / "a.v")
    (out / LIST).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageError, match="the list of what bnngen wrote in this folder, is damaged"):
        write(out)
    assert set(contents(tmp_path).values()) == {"the user's"}


def test_a_list_in_the_place_of_which_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / LIST).mkdir()
    with pytest.raises(UsageError, match="is damaged"):
        write(tmp_path)


class TestKeepInputs:
    def test_other_files_are_fine(self, tmp_path: Path) -> None:
        data, old = put(tmp_path / "data.npz"), put(tmp_path / "y.npz")
        keep_inputs({"--out": old, "--json": tmp_path / "y.json"}, data, tmp_path / "missing", None)
        keep_inputs({"--out": None, "--json": Path("-")}, data)

    @pytest.mark.parametrize("way", ["itself", "a link", "a hard link", "another way"])
    def test_an_input(self, tmp_path: Path, way: str) -> None:
        data, output = put(tmp_path / "data.npz"), tmp_path / "other"
        make: dict[str, Callable[[], object]] = {
            "a link": lambda: output.symlink_to(data),
            "a hard link": lambda: output.hardlink_to(data),
        }
        make.get(way, lambda: None)()
        output = {"itself": data, "another way": tmp_path / ".." / tmp_path.name / data.name}.get(way, output)
        with pytest.raises(
            UsageError, match=r"^--json '.*' would overwrite what the command reads: name ano"
        ):
            keep_inputs({"--json": output}, None, data)

    def test_what_bnngen_wrote_in_a_folder(self, tmp_path: Path) -> None:
        write(tmp_path)
        mine = put(tmp_path / "mine.json")
        keep_inputs({"--json": mine}, tmp_path)
        with pytest.raises(UsageError, match="would overwrite what the command reads"):
            keep_inputs({"--out": tmp_path / "rtl" / "a.v"}, tmp_path)
        with pytest.raises(UsageError, match="would overwrite what the command reads"):
            keep_inputs({"--out": tmp_path / LIST}, tmp_path)

    def test_one_file_for_two_outputs(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"^--out and --json name one file, '.*y': name two$"):
            keep_inputs({"--out": tmp_path / "y", "--json": tmp_path / "." / "y"})


def test_files_that_are_gone_are_not_ours(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "rtl" / "a.v").unlink()
    assert owned_files(tmp_path) == {"report.json"}
