"""Weights that know nothing: Liu et al., "Rethinking the Value of Network Pruning", ICLR 2019."""

from __future__ import annotations

from bnngen.train.prune.recoveries import Fresh, State


def origin(early: State, fresh: Fresh) -> State:
    """What the weights are set back to: see the package."""
    return fresh().copied_state()
