"""Checkpoints: whole or not there, and of one recipe."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from bnngen.errors import UsageError
from bnngen.train.checkpoint import NAME, Checkpoint, load_checkpoint, resume

pytestmark = pytest.mark.train


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path) is None
    state = Checkpoint("k", stage=1, epoch=2, network={"w": torch.ones(2)}, log=[{"loss": 0.5}])
    state.save(tmp_path)
    back = resume(tmp_path, "k")
    assert (back.stage, back.epoch, back.log, back.finished) == (1, 2, [{"loss": 0.5}], False)
    assert torch.equal(back.network["w"], torch.ones(2))
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_another_recipe(tmp_path: Path) -> None:
    Checkpoint("k").save(tmp_path)
    with pytest.raises(UsageError, match="holds a run of another recipe: name another folder, or delete"):
        resume(tmp_path, "other")


@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_no_checkpoint(tmp_path: Path, content: bytes | None) -> None:
    Checkpoint("k").save(tmp_path)
    whole = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(UsageError, match="is damaged, or of another version: delete it to begin anew"):
        load_checkpoint(tmp_path)


def test_fields_of_another_version(tmp_path: Path) -> None:
    torch.save({"key": "k", "something": 1}, tmp_path / NAME)
    with pytest.raises(UsageError, match="is damaged, or of another version"):
        load_checkpoint(tmp_path)
