"""A little in front of each epoch, ever less of it: Zhu and Gupta, "To prune, or not to prune", 2017."""

from __future__ import annotations

from bnngen.train.prune.phase import Phase
from bnngen.train.prune.table import PruneTable


def share(amount: float, progress: float) -> float:
    """amount * (1 - (1 - progress)^3), which the paper begins at 0."""
    return amount * (1 - (1 - progress) ** 3)


def phases(table: PruneTable, epochs: int) -> list[Phase]:
    """In the first ``steps`` epochs, then on with the rest; a recovery other than going on comes behind."""
    removals = {step: (step + 1) / table.steps for step in range(table.steps)}
    gradual = Phase(max(epochs, table.steps), removals)
    return [gradual] if table.recovery == "continue" else [gradual, Phase(epochs, restarts=True)]
