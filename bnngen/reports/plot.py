"""Scatter plots: what networks reach against what they take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, EDGE = 420, 260, 46
"""Of a plot, in pixels; the axes' labels stand in the edge."""


@dataclass(frozen=True)
class Point:
    """``x`` of what the plot's label says, ``y`` percent; ``what`` it is stands in its hint."""

    x: float
    y: float
    stands_out: bool
    what: str


@dataclass(frozen=True)
class Plot:
    """For `templates/plot.svg.j2`: the points in pixels, with their hints, and the ends of both axes."""

    label: str
    points: list[Point]
    x_ends: tuple[str, str]
    y_ends: tuple[str, str]
    size: tuple[int, int, int] = (WIDTH, HEIGHT, EDGE)


def plot(points: Sequence[Point], label: str) -> Plot:
    """The plot of at least one of ``points``, whose x is called ``label``."""
    x_end = max(1.0, *(p.x for p in points)) * 1.05
    low, high = min(p.y for p in points) - 0.5, max(p.y for p in points) + 0.5
    placed = [
        Point(
            EDGE + p.x / x_end * (WIDTH - EDGE),
            (HEIGHT - EDGE) * (1 - (p.y - low) / (high - low)),
            p.stands_out,
            f"{p.what}: {p.y:.2f} %, {p.x:,.0f} {label}",
        )
        for p in points
    ]
    return Plot(label, placed, ("0", f"{x_end:,.0f}"), (f"{low:.1f} %", f"{high:.1f} %"))
