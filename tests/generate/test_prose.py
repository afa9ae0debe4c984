"""Docstrings become Markdown that shows what they say."""

from __future__ import annotations

import pytest

from docs.generate.prose import prose


@pytest.mark.parametrize(
    ("docstring", "markdown"),
    [
        ("n*(m*x + a) = n*m*x", r"n\*(m\*x + a) = n\*m\*x"),
        ("``a*b`` and c*d", r"``a*b`` and c\*d"),
        ("Text:\n\n    a * b\n\nmore*", "Text:\n\n    a * b\n\nmore\\*"),
        ("Attributes:\n    x: (*spatial, C)", "Attributes:\n    x: (\\*spatial, C)"),
        ("", ""),
    ],
)
def test_stars_mean_themselves(docstring: str, markdown: str) -> None:
    assert prose(docstring) == markdown
