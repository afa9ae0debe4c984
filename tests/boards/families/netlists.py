"""Netlists drawn by hand."""

from __future__ import annotations


def cell(kind: str, **pins: int) -> dict[str, object]:
    return {"type": kind, "connections": {name: [net] for name, net in pins.items()}}


def module(*cells: dict[str, object]) -> dict[str, object]:
    return {"cells": {str(n): cell for n, cell in enumerate(cells)}}
