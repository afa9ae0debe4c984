"""A recipe whose students are small enough for tests."""

from __future__ import annotations

from pathlib import Path

import pytest

RECIPE = """\
[data]
name = "digits"
input = "binarize"

[model]
architecture = "mlp"
widths = [256, 128]

[train]
epochs = 3
batch = 100
"""


@pytest.fixture
def recipe_path(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.fixture
def larger_run(recipe_path: Path, tmp_path: Path) -> Path:
    """The folder of a finished run of that recipe."""
    from bnngen.train.run import train

    return train(recipe_path, tmp_path / "larger").out
