"""``bnngen supernet`` and ``bnngen specialize``: exit statuses and messages; both are tested in tests/supernet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command_line import Cli
from support.supernets import RECIPE


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "supernet.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


def test_missing_packages(cli: Cli, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bnngen.train.extra.find_spec", lambda name: None)
    for arguments in (["supernet", recipe], ["specialize", tmp_path, "--board", "icebreaker"]):
        status, _, err = cli(*arguments, "--out", tmp_path / "out")
        assert status == 3
        assert "pip install 'bnngen[train,search]'" in err
    assert not (tmp_path / "out").exists()


def test_a_mistake_is_told_before_packages_are_missed(
    cli: Cli, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bnngen.train.extra.find_spec", lambda name: None)
    recipe.write_text(RECIPE.replace("judged = 8", "judged = 0"), encoding="utf-8")
    status, _, err = cli("supernet", recipe, "--out", tmp_path / "out")
    assert status == 2
    assert "supernet.judged: found 0" in err


@pytest.mark.train
def test_no_supernet(cli: Cli, tmp_path: Path) -> None:
    status, _, err = cli("specialize", tmp_path, "--board", "icebreaker", "--out", tmp_path / "out")
    assert status == 2
    assert "holds no finished supernet" in err


@pytest.mark.train
def test_from_the_recipe_to_a_board(cli: Cli, recipe: Path, tmp_path: Path) -> None:
    made, best = tmp_path / "super", tmp_path / "best"
    status, out, _ = cli("supernet", recipe, "--out", made)
    assert status == 0
    assert "128 networks in one" in " ".join(out.split())
    effort = ("--trials", "4", "--finalists", "2")
    target = ("--board", "icebreaker", "--fps", "link")
    status, out, _ = cli("specialize", made, *target, *effort, "--out", best, "--json", "-")
    assert status == 0
    report = json.loads(out)
    assert report["tried"] == 4
    assert report["winner"]["link_fps"] <= report["winner"]["fps"]
    status, out, _ = cli("specialize", made, *target, *effort, "--out", best)
    assert f"network {report['winner']['number']} wins" in " ".join(out.split())
    status, _, err = cli("specialize", made, "--board", "icebreaker", "--fps", "1e8", *effort, "--out", best)
    assert status == 1
    assert "none of 4 networks fits icebreaker" in " ".join(err.split())
