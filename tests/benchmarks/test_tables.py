"""The comparison with boosting runs on a tiny table, on one split. What it finds is not tested."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from bnngen.train.recipe import load_recipe

pytestmark = pytest.mark.train

RECIPE = """
[data]
name = "npz"
path = "{path}"
input = "thermometer"
levels = 3

[model]
architecture = "mlp"
widths = [8]

[train]
epochs = 3
batch = 16
"""


@pytest.fixture(scope="module")
def tables(load_script: Callable[[str], ModuleType]) -> ModuleType:
    return load_script("tables")


def test_scores(tables: ModuleType) -> None:
    scores = tables.Scores.of(np.array([0, 0, 0, 1]), np.array([0, 0, 0, 0]) + np.array([0, 0, 1, 1]))
    assert scores == tables.Scores(75.0, 75.0)
    skewed = tables.Scores.of(np.zeros(4, int), np.array([0, 0, 0, 1]))
    assert skewed == tables.Scores(75.0, 50.0)
    assert tables.mean_and_spread([1.0, 3.0]) == "2.00 ± 1.41"
    assert tables.mean_and_spread([1.0]) == "1.00"


def test_a_tiny_table(
    tables: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    random = np.random.default_rng(0)
    x = random.integers(0, 10, (240, 4), np.uint8)
    np.savez(tmp_path / "t.npz", x=x, y=(x[:, 0] > 4).astype(np.uint8))
    (tmp_path / "letter.toml").write_text(RECIPE.format(path=tmp_path / "t.npz"))
    monkeypatch.setattr(tables, "RECIPES", tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    tables.main(["--seeds", "2", "--only", "letter"])
    out = capsys.readouterr().out
    assert "12-8-2" in out
    assert out.count("±") == 4
    assert "100.00 ± 0.00" in out  # one cut is all that boosting needs


def test_every_recipe_is_there(tables: ModuleType) -> None:
    for name in tables.NAMES:
        recipe = load_recipe(tables.RECIPES / f"{name}.toml")
        assert recipe.data.input == "thermometer"
        assert recipe.model.weight_bits == recipe.model.act_bits == 1
