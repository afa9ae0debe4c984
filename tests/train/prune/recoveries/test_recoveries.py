"""What the weights that are left begin with."""

from __future__ import annotations

from typing import Any

import pytest

from bnngen.train.prune.recoveries import go_on, rewind, scratch

pytestmark = pytest.mark.train

EARLY = {"w": 1}


class Untrained:
    """A network of which only the state is asked."""

    def copied_state(self) -> dict[str, Any]:
        return {"w": 2}


def test_each_recovery() -> None:
    """They go on as they are, from an early epoch, or from nothing."""
    origins = [recovery.origin(EARLY, Untrained) for recovery in (go_on, rewind, scratch)]
    assert origins == [{}, EARLY, {"w": 2}]
