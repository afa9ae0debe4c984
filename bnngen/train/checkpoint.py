"""What is kept between epochs, so that a run that was stopped goes on as if it had not been."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from bnngen.base.errors import UsageError
from bnngen.base.files import write_bytes
from bnngen.train.recipe import Recipe, load_recipe

NAME = "checkpoint.pt"


@dataclass
class Checkpoint:
    """The state behind an epoch of a stage; stages are those of a warm start, and the recipe's own.

    ``log`` has one entry an epoch. ``best`` is the state of the network to keep, of the stage so far,
    ``early`` the one that pruning sets the weights back to.
    """

    key: str
    stage: int = 0
    epoch: int = 0
    network: dict[str, Any] = field(default_factory=dict)
    objective: dict[str, Any] = field(default_factory=dict)
    optimizer: dict[str, Any] = field(default_factory=dict)
    schedule: dict[str, Any] = field(default_factory=dict)
    best: dict[str, Any] = field(default_factory=dict)
    best_accuracy: float = -1.0
    early: dict[str, Any] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)
    finished: bool = False

    def save(self, folder: Path) -> None:
        """Write it in one step: the old one or the new one is there whole. Raises UsageError."""
        buffer = io.BytesIO()
        torch.save({name: getattr(self, name) for name in self.__dataclass_fields__}, buffer)
        write_bytes(folder / NAME, buffer.getvalue())


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """The checkpoint in ``folder``, or None if there is none. Raises UsageError if it can't be read."""
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of formats that no version of ours has written
            contents = torch.load(path, map_location="cpu", weights_only=True)
        return Checkpoint(**_checked(contents))
    except Exception as error:  # of a damaged file, whichever part of torch meets it first
        raise UsageError(f"'{path}' is damaged, or of another version: delete it to begin anew") from error


def _checked(contents: Any) -> dict[str, Any]:
    """The fields of a checkpoint. Raises TypeError or ValueError if one is of another type than its own."""
    fresh = vars(Checkpoint(contents["key"]))
    for name, value in contents.items():
        if not isinstance(value, type(fresh[name])):
            raise TypeError(f"{name} is a {type(value).__name__}")
    if (
        contents["stage"] < 0
        or contents["epoch"] < 0
        or not all(isinstance(e, dict) for e in contents["log"])
    ):
        raise ValueError("stage, epoch or log")
    result: dict[str, Any] = contents
    return result


@contextmanager
def fitting() -> Iterator[None]:
    """Inside, a state that does not fit its network raises UsageError: such a checkpoint is damaged too."""
    try:
        yield
    except (RuntimeError, LookupError, AttributeError, TypeError, ValueError) as error:
        raise UsageError(
            "the checkpoint holds another network than its recipe makes now: train it anew"
        ) from error


def finished_run(folder: Path) -> tuple[Recipe, Checkpoint] | None:
    """The recipe and the last state of the run in ``folder``; None if no finished run is there. Raises as
    `load_checkpoint` and `load_recipe`."""
    path, checkpoint = folder / "recipe.toml", load_checkpoint(folder)
    if checkpoint is None or not checkpoint.finished or not path.is_file():
        return None
    return load_recipe(path), checkpoint


def resume(folder: Path, key: str) -> Checkpoint:
    """The checkpoint of the recipe with this ``key``: the one in ``folder``, or a fresh one.

    Raises UsageError if the folder holds the run of another recipe.
    """
    found = load_checkpoint(folder)
    if found is not None and found.key != key:
        raise UsageError(
            f"'{folder}' holds a run of another recipe: name another folder, or delete {folder / NAME}"
        )
    return found or Checkpoint(key)
