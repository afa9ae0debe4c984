"""A little at a time, ever less of it: Zhu and Gupta, "To prune, or not to prune", 2017."""

from __future__ import annotations

from bnngen.train.prune.phase import Phase
from bnngen.train.prune.table import PruneTable


def share(amount: float, progress: float, table: PruneTable) -> float:
    """From the initial share along a cubic: equation 1 of the paper."""
    initial = min(table.initial, amount)
    return amount + (initial - amount) * (1 - progress) ** 3


def phases(table: PruneTable, epochs: int) -> list[Phase]:
    """From the epoch ``first_epoch`` on in ``steps``, one ``every`` so many epochs, then on with the rest; a
    recovery other than going on comes behind. An initial share goes in front of the first step."""
    begun = 0 if table.initial else 1
    removals = {
        table.first_epoch + table.every * (step - begun): step / table.steps
        for step in range(begun, table.steps + 1)
    }
    gradual = Phase(max(epochs, *(epoch + 1 for epoch in removals)), removals)
    return [gradual] if table.recovery == "continue" else [gradual, Phase(epochs, restarts=True)]
