"""Attributes of an interface, checked one by one."""

from __future__ import annotations

from typing import Any

from bnngen.base.errors import InterfaceError

MOST_SHOWN = 80
"""Characters of a value in a message."""


def is_int(value: Any) -> bool:
    """Whether a value is a whole number; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def require(holds: bool, name: str, found: Any, accepted: str) -> None:
    """Raises InterfaceError unless what the attribute ``name`` says ``holds``."""
    if not holds:
        raise InterfaceError(f"{name} must be {accepted}, not {short(found)}")


def short(value: Any) -> str:
    """A value as a message shows it."""
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."
