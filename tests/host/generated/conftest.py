"""Programs that ask a design."""

from __future__ import annotations

import pytest

from tests.host.generated.designs import BITS, LEVELS, Programs, named, programs


@pytest.fixture(scope="package")
def bits(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    """Bipolar inputs, four classes."""
    return programs(
        named(BITS, "bipolar", ("ok", 'un"balanced\\', "°", "?")), tmp_path_factory.mktemp("bits")
    )


@pytest.fixture(scope="package")
def levels(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    """Inputs of three bits, on a board without a serial line."""
    network = named(LEVELS, "unsigned3", ("low", "high", "off"))
    return programs(network, tmp_path_factory.mktemp("levels"), "zc706")
