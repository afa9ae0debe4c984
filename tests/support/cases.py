"""Models as people make them, with right values beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import bnngen
from bnngen.import_check.check import check_import
from bnngen.reference.data_file import quantize
from bnngen.reference.network import Network


def case_agrees(shared: Path, name: str) -> Network:
    """Checks that an import case gives its outputs, and that the independent evaluation finds no difference."""
    path = shared / "cases" / "import" / f"{name}.onnx"
    network = bnngen.load(path)
    with np.load(path.with_suffix(".npz")) as data:
        x, wanted = data["x"], data["y"]
    y = network.run(quantize(x, network))
    np.testing.assert_allclose(network.host.real_outputs(y), wanted, rtol=1e-12, atol=1e-12)
    found = check_import(network, x)
    assert (found.differing, found.undecided) == (0, 0), found
    return network
