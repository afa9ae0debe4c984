"""Mutants of files: right or refused, each within its limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

LEAST_ACCEPTED = 1 / 3
"""Of the mutants of model files: what is refused at once tests little."""
QUICK = {"model": 300, "data": 60, "profile": 30, "recipe": 30, "supernet": 30, "report": 30, "interface": 30}
SLOW = {"data": 500, "profile": 100, "recipe": 100, "supernet": 100, "report": 100, "interface": 100}
PARTS, PART = 10, 500
"""Model files of a slow run: so many times so many, by a seed each."""


@pytest.mark.parametrize("kind", QUICK)
def test_right_or_refused(kind: str, fuzz: Callable[..., Any]) -> None:
    tally = fuzz(kind, QUICK[kind])
    if kind == "model":
        assert tally.accepted >= LEAST_ACCEPTED


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_thousands_of_model_files(part: int, fuzz: Callable[..., Any]) -> None:
    tally = fuzz("model", PART, fresh=True)
    assert tally.accepted >= LEAST_ACCEPTED


@pytest.mark.slow
@pytest.mark.parametrize("kind", SLOW)
def test_hundreds_of_other_files(kind: str, fuzz: Callable[..., Any]) -> None:
    fuzz(kind, SLOW[kind], fresh=True)
