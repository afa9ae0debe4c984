"""Make up the pictures of the tutorial: small parts that lie on a belt, seen by a camera from above.

Each picture is gray, 24 x 24 pixels, and lies in the folder with the name of what it shows. They are random,
and always the same ones.
"""

from __future__ import annotations

import argparse
from math import cos, pi, sin
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

PARTS = ("nut", "pin", "screw", "washer")
TO_LEARN, NEW = 200, 10
"""Pictures of each part, in the folders ``train`` and ``test``."""
SIZE, ZOOM = 24, 8
"""Pixels of a side, and how many times as large it is drawn."""


def main() -> None:
    """Write the folders ``train`` and ``test``, with a folder for each part in both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder for the pictures")
    out = parser.parse_args().out
    for seed, (name, count) in enumerate((("train", TO_LEARN), ("test", NEW))):
        random = np.random.default_rng(seed)
        for part in PARTS:
            folder = out / name / part
            folder.mkdir(parents=True, exist_ok=True)
            for number in range(count):
                picture(part, random).save(folder / f"{number:03}.png")


def picture(part: str, random: Generator) -> Image.Image:
    """The part somewhere on the belt, turned, in some light, with the noise of a cheap camera."""
    belt, metal = random.uniform(30, 80), random.uniform(150, 220)
    large = Image.new("L", (SIZE * ZOOM, SIZE * ZOOM), round(belt))
    center = SIZE * ZOOM / 2 + random.uniform(-3, 3, 2) * ZOOM
    draw(ImageDraw.Draw(large), part, center, random, (round(metal), round(belt)))
    pixels = np.asarray(large.resize((SIZE, SIZE), Image.Resampling.BOX), np.float64)
    noisy = pixels + random.normal(0, 14, pixels.shape)
    return Image.fromarray(noisy.clip(0, 255).round().astype(np.uint8))


def draw(
    pen: ImageDraw.ImageDraw, part: str, center: np.ndarray, random: Generator, grays: tuple[int, int]
) -> None:
    """Draw the part with its middle at ``center``, in the first gray; holes are of the second one."""
    metal, belt = grays
    turn, radius = random.uniform(0, 2 * pi), random.uniform(6, 8.5) * ZOOM
    x, y = center
    if part == "washer":
        pen.circle((x, y), radius, metal)
    if part == "nut":
        pen.regular_polygon((x, y, radius), 6, np.degrees(turn), metal)
    if part in ("nut", "washer"):
        pen.circle((x, y), {"nut": 0.5, "washer": 0.65}[part] * radius, belt)
        return
    along = np.array([cos(turn), sin(turn)]) * radius
    pen.line([*(center - along), *(center + along)], metal, width=round(0.4 * radius))
    if part == "screw":
        across = np.array([-along[1], along[0]])
        head = center + along
        pen.line([*(head - 0.6 * across), *(head + 0.6 * across)], metal, width=round(0.5 * radius))


if __name__ == "__main__":
    main()
