"""``bnngen compress``: exit statuses and messages; searches themselves are tested in tests/compress."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command_line import Cli

RECIPE = """\
[data]
name = "digits"
input = "binarize"
[model]
architecture = "mlp"
widths = [64]
[train]
epochs = 1
"""


def test_missing_packages(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bnngen.train.extra.find_spec", lambda name: None)
    status, _, err = cli("compress", tmp_path, "--board", "icebreaker", "--out", tmp_path / "out")
    assert status == 3
    assert "pip install 'bnngen[train,search]'" in err


@pytest.mark.train
def test_a_model_file_needs_a_recipe(cli: Cli, digits: Path, tmp_path: Path) -> None:
    model = digits / "digits_1w1a.onnx"
    status, _, err = cli("compress", model, "--board", "icebreaker", "--out", tmp_path / "out")
    assert status == 2
    assert "needs a --recipe" in err


@pytest.mark.train
def test_a_model_file_can_not_be_pruned(cli: Cli, digits: Path, tmp_path: Path) -> None:
    recipe, model = tmp_path / "recipe.toml", digits / "digits_1w1a.onnx"
    recipe.write_text(RECIPE)
    options = ("--recipe", recipe, "--board", "icebreaker", "--start", "pruned", "--out", tmp_path / "out")
    status, _, err = cli("compress", model, *options)
    assert status == 2
    assert "it is not the folder of a finished run of bnngen train; take --start scratch" in " ".join(
        err.split()
    )


@pytest.mark.train
def test_students_are_the_run_pruned(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text(RECIPE)
    assert cli("train", tmp_path / "recipe.toml", "--out", tmp_path / "run")[0] == 0
    options = ("--board", "icebreaker", "--fps", 1000, "--trials", 1, "--epochs", 1, "--finalists", 1)
    status, printed, err = cli(
        "compress", tmp_path / "run", *options, "--start", "pruned", "--out", tmp_path / "out"
    )
    assert status == 0, err
    assert " pruned " in printed


@pytest.mark.train
def test_bits_of_activations(cli: Cli, tmp_path: Path) -> None:
    status, _, err = cli(
        "compress", tmp_path, "--board", "icebreaker", "--act-bits", "1,9", "--out", tmp_path
    )
    assert status == 2
    assert "whole numbers from 1 to 8" in err


@pytest.mark.train
def test_a_model_file_teaches(cli: Cli, digits: Path, tmp_path: Path) -> None:
    """The digits network, whose inputs are the same 64 pixels, divided by 16."""
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE)
    options = ("--board", "icebreaker", "--fps", 1000, "--trials", 1, "--epochs", 1, "--finalists", 1)
    model, out = digits / "digits_1w1a.onnx", tmp_path / "out"
    status, printed, err = cli("compress", model, "--recipe", recipe, *options, "--out", out)
    assert status == 0, err
    assert "the golden model gets" in printed
    assert 'teacher = "' in (out / "recipe.toml").read_text()
