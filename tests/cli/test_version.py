"""The version is written in one place, and everything else says the same."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

Cli = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


@pytest.mark.parametrize("behind", [[], ["inspect", "nothing.onnx"]])
def test_the_version_is_printed(cli: Cli, behind: list[str]) -> None:
    assert cli("--version", *behind) == (0, f"bnngen {VERSION}\n", "")


def test_citation_has_the_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == VERSION
    assert citation["authors"] == [{"name": "the bnngen developers"}]
