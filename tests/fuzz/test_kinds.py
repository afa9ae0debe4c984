"""The files of every kind are right before they are changed, and every change changes something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from tests.fuzz import data_files, json_files, toml_files
from tests.fuzz.kinds import KINDS

CHANGES: dict[str, Mapping[str, Any]] = {
    "data": data_files.CHANGES,
    "profile": toml_files.CHANGES,
    "recipe": toml_files.CHANGES,
    "supernet": toml_files.CHANGES,
    "report": json_files.CHANGES,
    "interface": json_files.CHANGES,
}
TRIES = 12


@pytest.mark.parametrize("kind", CHANGES)
def test_what_is_not_changed_is_accepted(kind: str) -> None:
    for number in range(TRIES):
        mutant = replace(KINDS[kind].make(Random(number), None), steps=())
        assert KINDS[kind].judge(mutant.contents).kind == "agrees"


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in CHANGES.items() for name in names]
)
def test_each_change_changes_something(kind: str, name: str) -> None:
    mutants = [KINDS[kind].make(Random(number), None) for number in range(TRIES)]
    bare = [replace(m, steps=()).contents for m in mutants]
    changed = [replace(m, steps=((name, number),)).contents for number, m in enumerate(mutants)]
    assert sum(a != b for a, b in zip(bare, changed, strict=True)) >= TRIES / 3


@pytest.mark.parametrize(("kind", "kinds"), [(kind, {"agrees", "refused"}) for kind in CHANGES])
def test_some_are_accepted_and_some_refused(kind: str, kinds: set[str]) -> None:
    verdicts = {
        KINDS[kind].judge(KINDS[kind].make(Random(number), None).contents).kind for number in range(40)
    }
    assert verdicts >= kinds


def test_an_empty_file_may_be_damaged_too() -> None:
    """Every line may be gone before the bytes are changed."""
    for seed in range(40):
        assert isinstance(toml_files.damaged(b"", Random(seed)), bytes)
