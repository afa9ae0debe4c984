"""A file is replaced whole, or not at all."""

import errno
import os
from pathlib import Path

import pytest

from bnngen.base.errors import UsageError
from bnngen.base.files import disk_errors, make_folder, sole_writer, write_text


def test_replaces_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    write_text(path, "new")
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(UsageError, match=f"can't write '{path}': No space left on device"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="can't write to the folder"):
        make_folder(tmp_path / "file" / "folder")


def failing(folder: Path, error: OSError) -> None:
    with disk_errors(folder):
        raise error


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES])
def test_what_a_disk_refuses(tmp_path: Path, number: int) -> None:
    with pytest.raises(UsageError, match=f"^can't write to the folder '{tmp_path}': {os.strerror(number)}$"):
        failing(tmp_path, OSError(number, os.strerror(number)))


def test_other_errors_stay(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        failing(tmp_path, FileNotFoundError(errno.ENOENT, "a bug"))


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with sole_writer(tmp_path):
        with pytest.raises(UsageError, match="another run is writing"), sole_writer(tmp_path):
            pass
        assert list(tmp_path.iterdir()) == []
    with sole_writer(tmp_path):
        pass


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", refuse)
    with sole_writer(tmp_path), sole_writer(tmp_path):
        pass


def test_a_link_leads_on(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "new"


def test_what_is_no_file_is_written_to(tmp_path: Path) -> None:
    """As /dev/null and /dev/stdout, which must not be replaced."""
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_text(tmp_path / "pipe", "text")
    assert os.read(reader, 10) == b"text"
    os.close(reader)
    assert [p.name for p in tmp_path.iterdir()] == ["pipe"]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"can't write '.*': Is a directory"):
        write_text(tmp_path, "text")
