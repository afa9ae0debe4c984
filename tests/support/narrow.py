"""Says to the type checker what a test knows, and fails where it isn't so."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def of_type(kind: type[T], value: object) -> T:
    """``value``, which is a ``kind``."""
    assert isinstance(value, kind), value
    return value


def present(value: T | None) -> T:
    """``value``, which is there."""
    assert value is not None
    return value
