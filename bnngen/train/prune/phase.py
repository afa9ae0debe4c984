"""A part of a training run that pruning adds to it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Phase:
    """Epochs with an optimiser and a learning rate that begin anew.

    ``removals``: in front of which of them something is removed, and the schedule's progress with that.
    ``restarts``: whether the recovery sets the weights back, behind a removal in front of the first epoch.
    """

    epochs: int
    removals: dict[int, float] = field(default_factory=dict)
    restarts: bool = False
