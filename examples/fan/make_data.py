"""Make up the measurements of the tutorial: a small fan, four states that it may be in, two places for it.

Each row is a second of measuring: vibration on three axes, how much of it is at the speed of rotation and at
twice that, current, temperature and speed. The numbers come from a simple model of a fan and from random
numbers, always the same ones.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
from numpy.random import Generator

COLUMNS = (
    "mounting",
    "rms_x_mg",
    "rms_y_mg",
    "rms_z_mg",
    "peak_1x_mg",
    "peak_2x_mg",
    "current_ma",
    "temp_c",
    "speed_rpm",
    "state",
)
STATES = ("ok", "unbalanced", "blocked", "loose")
NOMINAL_RPM = 2400.0
ROWS_TO_LEARN, NEW_ROWS = 600, 60


def main() -> None:
    """Write ``fan.csv``, to learn from, and ``new.csv``, measured on another day."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for the two tables")
    out = parser.parse_args().out
    write(out / "fan.csv", ROWS_TO_LEARN, np.random.default_rng(1))
    write(out / "new.csv", NEW_ROWS, np.random.default_rng(2))


def write(path: Path, rows: int, random: Generator) -> None:
    """Write a table of so many rows, as many of each state, in random order."""
    states = random.permutation(np.resize(STATES, rows))
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(measure(str(state), random) for state in states)


def measure(state: str, random: Generator) -> list[str]:
    """One row: what the sensors of a fan in this state say."""
    mounting = random.choice(["desk", "wall"])
    # how bad the fault is: from hardly there to plain
    fault = random.uniform(0.1, 1.0)
    blocked = fault if state == "blocked" else 0.0
    loose = fault if state == "loose" else 0.0
    unbalance = random.uniform(0.1, 0.6) + (3.0 * fault if state == "unbalanced" else 0.0)

    # air that can't get away brakes the fan and heats its motor
    speed = NOMINAL_RPM * (1 - 0.22 * blocked) + random.normal(0, 40)
    current = 180 * (1 + 0.45 * blocked) + random.normal(0, 8)
    temperature = random.normal(31, 2.5) + 14 * blocked + 0.02 * (current - 180)

    # a weight off the axis pulls with the square of the speed; a wall gives way less than a desk
    give = {"desk": 1.0, "wall": 0.55}[mounting]
    peak_1x = give * 22 * unbalance * (speed / NOMINAL_RPM) ** 2 * random.lognormal(0, 0.12)
    # loose screws let the fan rattle: twice a turn, and up and down
    peak_2x = give * (5 + 0.15 * peak_1x + 48 * loose) * random.lognormal(0, 0.2)
    noise = give * 9 * (1 + 0.8 * blocked) * random.lognormal(0, 0.12, 3)
    along = np.array([0.8, 0.7, 0.15]) * peak_1x, np.array([0.4, 0.4, 0.9]) * peak_2x
    rms = np.sqrt((along[0] ** 2 + along[1] ** 2) / 2 + noise**2)

    numbers = [*rms, peak_1x, peak_2x, current, temperature]
    return [mounting, *(f"{number:.1f}" for number in numbers), f"{speed:.0f}", state]


if __name__ == "__main__":
    main()
