"""Files of others that leave something open, and that bnngen has refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import bnngen
from bnngen.import_check.check import check_import

CASES: list[tuple[str, dict[str, str]]] = [
    ("jsc_logicnets.q", {}),
]


@pytest.mark.parametrize(("name", "choices"), CASES)
def test_a_case(shared: Path, name: str, choices: dict[str, str]) -> None:
    folder = shared / "cases" / "import"
    network = bnngen.load(folder / f"{name}.onnx", **choices)  # type: ignore[arg-type]
    with np.load(folder / f"{name}.npz") as data:
        x, y = data["x"], data["y"]
    real = network.host.real_outputs(bnngen.golden(network, x)).reshape(y.shape)
    np.testing.assert_allclose(real, y, rtol=1e-12, atol=1e-12)
    found = check_import(network, x)
    assert (found.differing, found.undecided) == (0, 0), found
