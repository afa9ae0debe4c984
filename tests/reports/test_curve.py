"""The learning curve: points where they belong, round numbers behind them."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bnngen.reports.curve import BOTTOM, LEFT, MOST_LINES, RIGHT, TOP, curve, write_curve


def log(*accuracies: tuple[float, float]) -> list[dict[str, float]]:
    return [{"train_accuracy": t, "validation_accuracy": v} for t, v in accuracies]


def test_points_of_a_run() -> None:
    found = curve(log((0.4, 0.5), (0.55, 0.6), (0.8, 0.7)))
    assert [label for _, label in found["lines"]] == ["40 %", "50 %", "60 %", "70 %", "80 %", "90 %"]
    heights = [y for y, _ in found["lines"]]
    assert (heights[0], heights[-1]) == (BOTTOM, TOP)
    points = [tuple(map(float, p.split(","))) for p in found["curves"]["train"].split()]
    assert points[0] == (LEFT, BOTTOM)
    assert points[-1] == (RIGHT, pytest.approx(heights[4], abs=0.1))
    assert found["epochs"] == [(LEFT, 1), ((LEFT + RIGHT) / 2, 2), (RIGHT, 3)]


@pytest.mark.parametrize("pair", [(0.0, 0.0), (1.0, 1.0), (0.97, 0.9708), (0.0, 1.0), (0.1, 0.36)])
def test_any_accuracies_lie_between_the_lines(pair: tuple[float, float]) -> None:
    found = curve(log(pair))
    assert 1 <= len(found["lines"]) <= MOST_LINES + 1
    ys = [float(points.split(",")[1]) for points in found["curves"].values()]
    assert all(TOP - 0.1 <= y <= BOTTOM + 0.1 for y in ys)


def test_the_file_is_a_picture(tmp_path: Path) -> None:
    write_curve(log((0.4, 0.5), (0.55, 0.6)), tmp_path)
    picture = ET.parse(tmp_path / "curve.svg").getroot()
    assert picture.tag.endswith("svg")
    assert sum(part.tag.endswith("polyline") for part in picture.iter()) == 2
