"""Searches that several workers share: nobody trains what another one has trained, and all end alike."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bnngen.base.errors import UsageError
from bnngen.compress.candidate import Candidate
from bnngen.compress.search import Effort, SearchWatcher, compress
from bnngen.reports.results import SearchRecord
from bnngen.train.hardware import BoardTarget
from bnngen.train.recipe import load_recipe

pytestmark = pytest.mark.train

EFFORT = Effort(trials=3, epochs=1, finalists=2)
TARGET = BoardTarget("icebreaker", 100_000)


class Heard(SearchWatcher):
    """What a worker does."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def tries(self, number: int, count: int) -> None:
        self.lines.append(f"tries {number} of {count}")

    def learned(self, candidate: Candidate) -> None:
        self.lines.append(f"{candidate.number} has learned {candidate.recipe.train.epochs}")

    def repeats(self, number: int) -> None:
        self.lines.append(f"repeats {number}")


def test_the_second_worker_takes_what_the_first_has_found(recipe_path: Path, tmp_path: Path) -> None:
    """With the first one's folder in sight, and without; and the same as alone."""
    recipe, storage = load_recipe(recipe_path), f"{tmp_path}/shared.log"
    watchers = {name: Heard() for name in ("first", "near", "far", "alone")}

    def work(name: str, storage: str | None = storage) -> Path:
        out = tmp_path / name
        reports[name] = compress(recipe, TARGET, EFFORT, out, watchers[name], storage=storage)
        return out / "model.onnx"

    reports: dict[str, SearchRecord] = {}
    model = work("first").read_bytes()
    assert work("near").read_bytes() == model
    shutil.move(tmp_path / "first", tmp_path / "gone")
    assert work("far").read_bytes() == model
    shutil.copytree(tmp_path / "gone", tmp_path / "alone")
    assert work("alone", None).read_bytes() == model

    assert len(watchers["first"].lines) == 3 * 2 + 2
    assert watchers["near"].lines == []
    winner = reports["first"].winner.number
    assert watchers["far"].lines == [f"repeats {winner}"]
    assert watchers["alone"].lines == watchers["first"].lines
    for name, report in reports.items():
        assert report.candidates == reports["first"].candidates, name
        assert report.winner.test.test_correct == reports["first"].winner.test.test_correct
        assert (tmp_path / ("gone" if name == "first" else name) / "compress.html").is_file()

    more = Heard()
    grown = compress(recipe, TARGET, replace(EFFORT, trials=4), tmp_path / "near", more, storage=storage)
    assert more.lines[:2] == ["tries 4 of 4", "4 has learned 1"]
    assert [c for c in grown.candidates if not c.final][:3] == reports["near"].candidates[:3]

    with pytest.raises(
        UsageError,
        match=r"the study 'compress mlp icebreaker' in '.*' answers another question: "
        r"epochs is 1 there and 2 here; run the same command",
    ):
        compress(recipe, TARGET, replace(EFFORT, epochs=2), tmp_path / "other", storage=storage)


def test_a_storage_that_means_nothing_is_told_before_the_search(recipe_path: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown storage 'shared\.txt'"):
        compress(load_recipe(recipe_path), TARGET, EFFORT, tmp_path / "out", storage="shared.txt")
    assert not (tmp_path / "out").exists()
