"""What a benchmark is: a function that measures things in one run and returns a table."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "examples" / "digits"


@dataclass(frozen=True)
class Settings:
    """How much to measure."""

    shared: Path | None
    """The folder with the real models and data, or None where there is none."""
    frames: int = 10_000
    """The frames of one measurement of the fast programs; slow ones take fewer."""
    rounds: int = 5
    """How often everything is measured."""


@dataclass(frozen=True)
class Row:
    """One line of a table: a figure, its ratio to the table's baseline, and the target if there is one.

    ``met`` says whether the target is reached; None without a target.
    """

    what: str
    figure: float
    unit: str
    ratio: float | None = None
    target: str = ""
    met: bool | None = None


@dataclass
class Table:
    """The result of a benchmark. ``baseline`` names the row whose ratio is 1; ``notes`` say what was left out."""

    title: str
    baseline: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


Benchmark = Callable[[Settings], list[Table]]


@dataclass(frozen=True)
class Entry:
    """A registered benchmark; a ``slow`` one runs only if asked for."""

    run: Benchmark
    slow: bool


REGISTRY: dict[str, Entry] = {}


def benchmark(name: str, slow: bool = False) -> Callable[[Benchmark], Benchmark]:
    """Registers a function under a name: ``run.py`` finds it if its file is called ``bench_*.py``."""

    def register(function: Benchmark) -> Benchmark:
        REGISTRY[name] = Entry(function, slow)
        return function

    return register


@dataclass(frozen=True)
class Measured:
    """The seconds of each round, for ``work`` units of work in each."""

    work: float
    seconds: list[float]

    @property
    def rate(self) -> float:
        """Units a second, the median."""
        return self.work / statistics.median(self.seconds)

    def ratio(self, base: Measured) -> float:
        """How many times the rate of ``base``: the median over the rounds, each compared with its own."""
        pairs = zip(self.seconds, base.seconds, strict=True)
        return statistics.median(self.work / a / (base.work / b) for a, b in pairs)


def measure(runs: Mapping[str, tuple[float, Callable[[], object]]], rounds: int) -> dict[str, Measured]:
    """Times ``{name: (work, function)}``: all in turn, ``rounds`` times, after one run that does not count.

    So the ratios hold on a machine whose speed changes while others work on it.
    """
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, (_, function) in runs.items():
            start = time.perf_counter()
            function()
            if number:
                seconds[name].append(time.perf_counter() - start)
    return {name: Measured(work, seconds[name]) for name, (work, _) in runs.items()}
