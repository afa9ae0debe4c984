"""All at once."""

from __future__ import annotations

from bnngen.train.prune.phase import Phase
from bnngen.train.prune.table import PruneTable


def share(amount: float, progress: float, table: PruneTable) -> float:
    """All at once."""
    return amount


def phases(table: PruneTable, epochs: int) -> list[Phase]:
    """One removal, then ``epochs`` of training."""
    return [Phase(epochs, {0: 1.0}, restarts=True)]
