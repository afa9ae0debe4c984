"""Checkpoints: whole or not there, and of one recipe."""

from __future__ import annotations

import contextlib
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.recipes import WriteRecipe

from bnngen.base.errors import UsageError
from bnngen.train.checkpoint import NAME, Checkpoint, load_checkpoint, resume
from bnngen.train.run import train

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


DAMAGED = "is damaged, or of another version: delete it to begin anew"


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"PK\3\4", pickle.dumps({"key": "k"}), b"\x80\2}q\0.", None]
)
def test_no_checkpoint(tmp_path: Path, content: bytes | None) -> None:
    Checkpoint("k").save(tmp_path)
    whole = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(UsageError, match=DAMAGED):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize(
    "contents",
    [
        {"key": "k", "something": 1},
        {"stage": 1},
        {"key": 3},
        {"key": "k", "stage": "1"},
        {"key": "k", "epoch": -1},
        {"key": "k", "network": None},
        {"key": "k", "log": [3]},
        {"key": "k", "finished": 1},
        ["key"],
        torch.ones(3),
        3,
        None,
    ],
    ids=str,
)
def test_files_of_somebody_else(tmp_path: Path, contents: object) -> None:
    torch.save(contents, tmp_path / NAME)
    with pytest.raises(UsageError, match=DAMAGED):
        load_checkpoint(tmp_path)


class Evil:
    """What a pickle may run when it is read."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("evil"),)


def test_nothing_in_a_file_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"key": "k", "network": Evil()}, tmp_path / NAME)
    with pytest.raises(UsageError, match=DAMAGED):
        load_checkpoint(tmp_path)
    assert not Path("evil").exists()


def test_any_damage_is_one_error_or_none(tmp_path: Path) -> None:
    Checkpoint("k", network={"w": torch.ones(50, 50)}, log=[{"loss": 0.5}]).save(tmp_path)
    whole, random = (tmp_path / NAME).read_bytes(), np.random.default_rng(0)
    for _ in range(200):
        data = bytearray(whole)
        for at in random.integers(0, len(data), 3):
            data[at] = random.integers(256)
        (tmp_path / NAME).write_bytes(data)
        with contextlib.suppress(UsageError):
            load_checkpoint(tmp_path)


def test_a_state_that_fits_no_network(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    """The recipe's own checkpoint, with the tensors of another network."""
    recipe, out = write_recipe(), tmp_path / "out"
    train(recipe, out)
    state = load_checkpoint(out)
    assert state is not None
    changes: tuple[dict[str, Any], ...] = (
        {"best": {}},
        {"best": {name: tensor[:1] for name, tensor in state.best.items() if tensor.ndim}},
        {"best": dict.fromkeys(state.best, 3)},
        {"finished": False, "stage": 0, "epoch": 1, "network": {}},
        {"finished": False, "stage": 0, "epoch": 1, "optimizer": {"x": 1}},
        {"finished": False, "stage": 9},
    )
    for change in changes:
        replace(state, **change).save(out)
        with pytest.raises(UsageError, match="holds another network than its recipe makes now"):
            train(recipe, out)
