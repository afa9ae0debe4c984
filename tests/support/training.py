"""The marker ``train``: tests that need torch and its company, which ``make test`` doesn't install.

A file that needs them at its import says ``pytestmark = pytest.mark.train``, and then imports them like any others: a
call with ``-m "... not train"`` does not open it. A plugin; tests/conftest.py names it.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

_MARK = re.compile(r"\bpytest\.mark\.train\b")


def is_for_training(path: Path) -> bool:
    """Whether this file gives the marker to all of its tests."""
    text = path.read_text(encoding="utf-8")
    if not _MARK.search(text):
        return False
    settings = [node for node in ast.parse(text, str(path)).body if isinstance(node, ast.Assign)]
    marks = [ast.unparse(node.value) for node in settings if ast.unparse(node.targets[0]) == "pytestmark"]
    return any(map(_MARK.search, marks))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    left_out = "not train" in config.option.markexpr
    is_code = collection_path.suffix == ".py"
    return True if left_out and is_code and is_for_training(collection_path) else None
