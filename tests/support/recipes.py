"""Recipes as text that tests can change. A plugin; tests/conftest.py names it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

RECIPE = """\
[data]
name = "digits"
input = "binarize"

[model]
architecture = "mlp"
widths = [16]

[train]
epochs = 2
batch = 100
"""

WriteRecipe = Callable[..., Path]


@pytest.fixture
def write_recipe(tmp_path: Path) -> WriteRecipe:
    """Writes the recipe with ``old`` replaced by ``new`` (which must change it), and returns its path."""

    def write(*changes: str, name: str = "recipe.toml") -> Path:
        text = RECIPE
        for old, new in zip(changes[::2], changes[1::2], strict=True):
            assert old in text
            text = text.replace(old, new)
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write
