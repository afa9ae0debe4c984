"""What a supernet and a search in it show while they work, on standard error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import Progress

from bnngen.cli.console import errors, progress_columns
from bnngen.reports.sub_networks import SubnetRecord
from bnngen.supernet.search import SpecializeWatcher
from bnngen.supernet.shrink import ShrinkWatcher


class SupernetScreen(ShrinkWatcher):
    """Of ``bnngen supernet``."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("loading the data", total=None)

    def batch(self, stage: str, epoch: int, done: int, total: int) -> None:
        """Move the bar."""
        self._progress.update(self._task, description=f"epoch {epoch}, {stage}", completed=done, total=total)

    def epoch(self, entry: dict[str, Any], epochs: int) -> None:
        """Show what an epoch has reached."""
        names = {"train": "train_accuracy", "largest": "validation_accuracy", "smallest": "smallest_accuracy"}
        reached = "  ".join(f"{name} {100 * entry[key]:.2f} %" for name, key in names.items())
        self._progress.console.print(
            f"epoch {entry['epoch']:4d}/{epochs}  {entry['stage']}  loss {entry['loss']:.4f}  {reached}  "
            f"{entry['seconds']:.1f} s"
        )

    def judged(self, done: int, total: int) -> None:
        """Move the bar."""
        self._progress.update(self._task, description="judging networks", completed=done, total=total)


class SpecializeScreen(SpecializeWatcher):
    """Of ``bnngen specialize``."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("reading the supernet", total=None)

    def tried(self, done: int, total: int, best: SubnetRecord | None) -> None:
        """Move the bar."""
        text = "planning networks" if best is None else f"planning networks, best {100 * best.accuracy:.1f} %"
        self._progress.update(self._task, description=text, completed=done, total=total)

    def judged(self, done: int, total: int) -> None:
        """Move the bar."""
        self._progress.update(self._task, description="judging the best", completed=done, total=total)

    def waits(self, count: int) -> None:
        """Say why nothing happens."""
        self._progress.console.print(f"waiting for other workers, which are at {count}")


@contextmanager
def supernet_screen() -> Iterator[SupernetScreen]:
    """A bar over all batches, and a line for each epoch."""
    with Progress(*progress_columns(), console=errors, transient=True) as progress:
        yield SupernetScreen(progress)


@contextmanager
def specialize_screen() -> Iterator[SpecializeScreen]:
    """A bar over the networks that are planned and judged."""
    with Progress(*progress_columns(), console=errors, transient=True) as progress:
        yield SpecializeScreen(progress)
