"""Whole numbers by which tensors are multiplied before they are added."""

from __future__ import annotations

Factor = int | tuple[int, ...]
"""A whole number, or one for each channel."""
