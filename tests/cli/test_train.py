"""``bnngen train``: exit statuses and messages; runs themselves are tested in tests/train."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command_line import Cli

RECIPE = """\
[data]
name = "digits"
input = "binarize"
[model]
architecture = "mlp"
widths = [16]
[train]
epochs = 2
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE)
    return path


def test_a_mistake_points_at_the_line(cli: Cli, recipe: Path, tmp_path: Path) -> None:
    recipe.write_text(RECIPE.replace("epochs", "epoch"))
    status, out, err = cli("train", recipe, "--out", tmp_path / "out")
    assert (status, out) == (2, "")
    message = " ".join(err.split())
    assert "recipe.toml:8: train.epoch: unknown field; did you mean epochs" in message
    assert "recipe.toml:7: train.epochs: missing" in message
    assert not (tmp_path / "out").exists()


def test_missing_packages(cli: Cli, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bnngen.train.extra.find_spec", lambda name: None)
    status, _, err = cli("train", recipe, "--out", tmp_path / "out")
    assert status == 3
    assert "pip install 'bnngen[train]'" in err


@pytest.mark.train
def test_a_run(cli: Cli, recipe: Path, tmp_path: Path) -> None:
    status, out, err = cli("train", recipe, "--out", tmp_path / "out")
    assert status == 0
    assert "test samples correct" in out
    assert "epoch    2/2" in err
    status, out, _ = cli("train", recipe, "--out", tmp_path / "out", "--json", "-")
    assert json.loads(out)["epochs"] == 2


@pytest.mark.train
def test_ctrl_c_exits_with_130(
    cli: Cli, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bnngen.train.session.Session.step", interrupted)
    status, _, err = cli("train", recipe, "--out", tmp_path / "out")
    assert status == 130
    assert "interrupted" in err


@pytest.mark.train
def test_data_that_is_not_there(cli: Cli, recipe: Path, tmp_path: Path) -> None:
    recipe.write_text(RECIPE.replace('"digits"', '"npz"\npath = "none.npz"'))
    status, _, err = cli("train", recipe, "--out", tmp_path / "out")
    assert status == 2
    assert "can't read the data 'none.npz'" in err
