"""A component as a picture: a box with its inputs on the left and its outputs on the right."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from docs.generate.ports import Port

ROW = 30
"""Pixels from one port to the next."""
ARROW = 34
LETTER = 7.3
"""Pixels that a letter takes at most."""
TOP = 44


def picture(name: str, ports: Sequence[Port]) -> str:
    """The SVG of a component, in one line: thick arrows are streams, thin ones signals."""
    sides = [[port for port in ports if port.direction == way] for way in ("in", "out")]
    labels = [max((len(port.width) for port in side), default=0) * LETTER for side in sides]
    inside = [max((len(port.name) for port in side), default=0) * LETTER for side in sides]
    box = max(len(name) * LETTER * 1.3, sum(inside) + 20) + 30
    left, height = labels[0] + ARROW + 14, TOP + ROW * max(map(len, sides)) + 4
    width = left + box + ARROW + labels[1] + 14
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'role="img" font-family="sans-serif" font-size="13" style="max-width: 100%">',
        f"<title>{escape(name)}: {escape(', '.join(map(_spoken, ports)))}</title>",
        f'<rect x="{left:.0f}" y="1" width="{box:.0f}" height="{height - 2:.0f}" rx="4" fill="#f3f6f6" '
        f'stroke="#404040"/>',
        f'<text x="{left + box / 2:.0f}" y="22" text-anchor="middle" font-weight="bold">',
        f"{escape(name)}</text>",
    ]
    for row, port in enumerate(sides[0]):
        lines += _arrow(port, left - ARROW, left, TOP + ROW * row + 8, "end")
    for row, port in enumerate(sides[1]):
        lines += _arrow(port, left + box, left + box + ARROW, TOP + ROW * row + 8, "start")
    return "".join([*lines, "</svg>"])


def _spoken(port: Port) -> str:
    return f"{port.direction} {port.name} ({port.kind}, {port.width})"


def _arrow(port: Port, start: float, end: float, y: int, anchor: str) -> list[str]:
    """An arrow to the right, the width at its outer end, the name at its inner one."""
    into = anchor == "end"
    inner, outer = (end + 8, start - 6) if into else (start - 8, end + 6)
    inward = "start" if into else "end"
    stroke, color = (1.2, "#404040") if port.kind == "signal" else (4, "#2a6f97")
    return [
        f'<path d="M{start:.0f} {y}H{end - 7:.0f}" stroke="{color}" stroke-width="{stroke}"/>',
        f'<path d="M{end - 9:.0f} {y - 6}L{end:.0f} {y}L{end - 9:.0f} {y + 6}Z" fill="{color}"/>',
        f'<text x="{inner:.0f}" y="{y + 4}" text-anchor="{inward}">{escape(port.name)}</text>',
        f'<text x="{outer:.0f}" y="{y + 4}" text-anchor="{anchor}" fill="#606060">'
        f"{escape(port.width)}</text>",
    ]
