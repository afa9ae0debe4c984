"""Which families' cells have models."""

from __future__ import annotations

import pytest

from bnngen.base.errors import SimulationError
from bnngen_sim.cells import cell_models


def test_a_family_without_models() -> None:
    message = "netlists of family gatemate can't be simulated; those of ecp5, ice40, xc7 can"
    with pytest.raises(SimulationError, match=message):
        cell_models("gatemate")
