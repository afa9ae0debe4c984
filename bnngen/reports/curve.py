"""The learning curve of a run, as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bnngen.base.files import write_text
from bnngen.reports.render import render

LEFT, TOP, RIGHT, BOTTOM = 48, 12, 588, 288
"""The plot's corner points, in a picture of 600 x 320."""
STEPS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
"""Distances of the lines behind the curves: the first that makes no more than `MOST_LINES`."""
MOST_LINES = 6
RUN = {"train": "train_accuracy", "validation": "validation_accuracy"}
"""The curves of a run, and the entries of its log that they show; the last one stands out."""


def write_curve(log: Sequence[dict[str, Any]], out: Path) -> None:
    """Write ``curve.svg`` into ``out``: accuracy on training and validation data against the epoch."""
    write_text(out / "curve.svg", render("curve.svg.j2", **curve(log)))


def curve(log: Sequence[dict[str, Any]], shown: Mapping[str, str] = RUN) -> dict[str, Any]:
    """The points of the curves in pixels, and the lines behind them with their labels."""
    curves = {name: [entry[key] for entry in log] for name, key in shown.items()}
    low, high = min(map(min, curves.values())), max(map(max, curves.values()))
    step = next((s for s in STEPS if (high - low) / s < MOST_LINES - 1), STEPS[-1])
    first, last = int(low / step), min(round(1 / step), int(high / step) + 1)

    def x(epoch: int) -> float:
        return LEFT + (epoch - 1) / max(1, len(log) - 1) * (RIGHT - LEFT)

    def y(accuracy: float) -> float:
        return BOTTOM - (accuracy / step - first) / max(1, last - first) * (BOTTOM - TOP)

    return {
        "box": (LEFT, TOP, RIGHT, BOTTOM),
        "curves": {
            name: " ".join(f"{x(n):.1f},{y(v):.1f}" for n, v in enumerate(values, 1))
            for name, values in curves.items()
        },
        "lines": [(y(k * step), f"{100 * k * step:.3g} %") for k in range(first, last + 1)],
        "epochs": [(x(n), n) for n in sorted({1, (len(log) + 1) // 2, len(log)})],
    }
