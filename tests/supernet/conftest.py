"""Small supernets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.supernets import RECIPE, MakeSupernet

from bnngen.supernet.recipe import load_supernet_recipe


@pytest.fixture
def supernet_path(tmp_path: Path) -> Callable[..., Path]:
    """Writes the recipe with ``old`` replaced by ``new`` (which must change it), and returns its path."""

    def write(*changes: str) -> Path:
        text = RECIPE
        for old, new in zip(changes[::2], changes[1::2], strict=True):
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "supernet.toml").write_text(text, encoding="utf-8")
        return tmp_path / "supernet.toml"

    return write


@pytest.fixture
def supernet_recipe(supernet_path: Callable[..., Path]) -> MakeSupernet:
    """The same, read."""
    return lambda *changes: load_supernet_recipe(supernet_path(*changes))
