"""Docstrings are plain text: as Markdown, their products must not become emphasis."""

from __future__ import annotations

import re


def prose(docstring: str) -> str:
    """A docstring as Markdown: stars outside of backticks mean themselves; indented paragraphs are code."""
    paragraphs = re.split(r"(\n\s*\n)", docstring)
    return "".join(part if part.startswith("    ") else _escaped(part) for part in paragraphs)


def _escaped(text: str) -> str:
    pieces = re.split(r"(`+[^`]*`+)", text)
    return "".join(piece if piece.startswith("`") else piece.replace("*", r"\*") for piece in pieces)
