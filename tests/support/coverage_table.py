"""Prints how much of each package the tests have run, and fails if fewer of bnngen's branches than the floor.

It gathers what every process has left behind, in ``.coverage``; ``coverage html`` then shows the lines.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import coverage

PACKAGES = ("bnngen", "bnngen_hw", "bnngen_sim", "bnngen_boards")
FLOOR = 88.0
"""Per cent of bnngen's branches. It only rises: with what the tests reach, rounded down."""

Counts = Counter[str]


def measured() -> dict[str, Any]:
    """The report of coverage in JSON. Raises CoverageException if nothing was measured."""
    gathered = coverage.Coverage()
    gathered.combine()
    gathered.save()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        gathered.json_report(outfile=str(path))
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return result


def packages(report: Mapping[str, Any]) -> dict[str, Counts]:
    """For each package, how many statements and branches there are, and how many were run."""
    counts = {name: Counts() for name in PACKAGES}
    for path, file in report["files"].items():
        name = next(part for part in Path(path).parts if part in counts)
        counts[name].update({key: n for key, n in file["summary"].items() if isinstance(n, int)})
    return counts


def share(counts: Counts, what: str) -> float:
    """Per cent of the "lines" or "branches" that were run."""
    return 100 * counts[f"covered_{what}"] / max(counts[f"num_{what}"], 1)


def table(counts: Mapping[str, Counts]) -> Iterable[str]:
    """A line for each package and one for all of them."""
    yield f"{'coverage':15}{'lines':>16}{'branches':>20}"
    for name, n in {**counts, "all": sum(counts.values(), Counts())}.items():
        n["num_lines"] = n["num_statements"]
        columns = "".join(
            f"{share(n, what):8.1f} % of{n[f'num_{what}']:7,}" for what in ("lines", "branches")
        )
        yield f"{name:15}{columns}"


def main() -> int:
    """The exit status."""
    counts = packages(measured())
    print(*table(counts), sep="\n")
    reached = share(counts["bnngen"], "branches")
    if reached < FLOOR:
        print(f"Too few: the tests must run {FLOOR:.0f} % of bnngen's branches, and ran {reached:.1f} %.")
    return int(reached < FLOOR)


if __name__ == "__main__":
    sys.exit(main())
