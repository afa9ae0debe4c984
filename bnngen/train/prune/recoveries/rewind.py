"""Early weights: the lottery ticket of Frankle and Carbin, "The Lottery Ticket Hypothesis", ICLR 2019.

Those of a later epoch than 0: Frankle et al., "Linear Mode Connectivity and the Lottery Ticket
Hypothesis", ICML 2020.
"""

from __future__ import annotations

from bnngen.train.prune.recoveries import Fresh, State


def origin(early: State, fresh: Fresh) -> State:
    """What the weights are set back to: see the package."""
    return early
