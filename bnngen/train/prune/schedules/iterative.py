"""Step by step, each time the same share of what is left: Han et al., NIPS 2015."""

from __future__ import annotations

from bnngen.train.prune.phase import Phase
from bnngen.train.prune.table import PruneTable


def share(amount: float, progress: float, table: PruneTable) -> float:
    """Of what is left, the same share at each step."""
    return float(1 - (1 - amount) ** progress)


def phases(table: PruneTable, epochs: int) -> list[Phase]:
    """Between the steps ``epochs`` of training, whose learning rate begins anew each time."""
    return [Phase(epochs, {0: step / table.steps}, restarts=True) for step in range(1, table.steps + 1)]
