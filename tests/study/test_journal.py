"""A journal file whose writers may be killed at any moment."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest
from optuna.storages.journal import JournalFileOpenLock

from bnngen.base.errors import UsageError
from bnngen.study.journal import drop_unfinished_line, open_journal

pytestmark = pytest.mark.train


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b""),
        (b"one\n", b"one\n"),
        (b"one\ntw", b"one\n"),
        (b"on", b""),
        (b"one\n" + b"x" * 200_000, b"one\n"),
        (b"one\n" + b"x" * 200_000 + b"\n", b"one\n" + b"x" * 200_000 + b"\n"),
    ],
)
def test_only_whole_lines_stay(tmp_path: Path, before: bytes, after: bytes) -> None:
    path = tmp_path / "j.log"
    path.write_bytes(before)
    drop_unfinished_line(path)
    assert path.read_bytes() == after


def test_a_line_that_was_begun_spoils_nothing(tmp_path: Path) -> None:
    """Optuna itself would write behind it, and then could not read the file."""
    path = tmp_path / "j.log"
    optuna.create_study(storage=open_journal(path), study_name="s").ask()
    with path.open("ab") as file:
        file.write(b'{"op_code":4,"worker_id"')
    study = optuna.load_study(storage=open_journal(path), study_name="s")
    study.tell(study.ask(), 1.0)
    again = optuna.load_study(storage=open_journal(path), study_name="s")
    assert [trial.state.name for trial in again.trials] == ["RUNNING", "COMPLETE"]


def test_the_lock_is_free_after_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = open_journal(tmp_path / "j.log")

    def full(path: Path) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("bnngen.study.journal.drop_unfinished_line", full)
    with pytest.raises(OSError, match="full"):
        optuna.create_study(storage=storage)
    monkeypatch.undo()
    lock = JournalFileOpenLock(str(tmp_path / "j.log"))
    assert lock.acquire()
    lock.release()
    assert [path.name for path in tmp_path.iterdir()] == ["j.log"]


def test_other_files_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "notes.log"
    path.write_text("my notes")
    with pytest.raises(
        UsageError, match=r"'.*notes\.log' is not a journal file of Optuna's: name another file"
    ):
        open_journal(path)
    assert path.read_text() == "my notes"
    with pytest.raises(UsageError, match=r"there is no folder '.*none' for the journal file"):
        open_journal(tmp_path / "none" / "j.log")
