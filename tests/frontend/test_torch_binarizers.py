"""Home-made networks in torch, exported by both exporters."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from bnngen.base.errors import ModelError
from bnngen.import_check.check import check_import
from bnngen.passes.from_file import load
from bnngen.reference.data_file import quantize
from tests.frontend.torch_binarizers import styles

pytestmark = pytest.mark.train

STYLES = styles()
REFUSED = {
    ("mlp_sign_plus_epsilon", False): "is a plain Sign on an input that can be 0",
    ("mlp_sign_plus_epsilon", True): "is a plain Sign on an input that can be 0",
    ("mlp_softsign", False): "Abs falls and rises",
    ("mlp_softsign", True): "Abs falls and rises",
}
"""What neither exporter's file can be taken for, by style and whether the new exporter wrote it."""
FOLDED = [
    "mlp_tanh_ste",
    "mlp_nested_mean_alpha",
    "mlp_dorefa2",
    "mlp_dorefa3",
    "mlp_uniform4",
    "mlp_uniform8",
]
"""Whose small weights the new exporter folds and rounds, unless it is told not to."""


def export(name: str, dynamo: bool, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Writes a network; frames, and what torch computes of them in single precision."""
    module, shape = STYLES[name]
    x = np.random.default_rng(5).integers(-48, 48, (40, *shape)) / 32 + 1 / 64
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = {"external_data": False, "verbose": False} if dynamo else {}
        torch.onnx.export(module, (torch.zeros(1, *shape),), path, dynamo=dynamo, **options)
    with torch.no_grad():
        return x, module(torch.tensor(x, dtype=torch.float32)).double().numpy()


def agrees(name: str, dynamo: bool, tmp_path: Path) -> None:
    """Checks a network against its own file in double precision, and roughly against torch."""
    path = tmp_path / "model.onnx"
    x, y = export(name, dynamo, path)
    if (name, dynamo) in REFUSED:
        with pytest.raises(ModelError, match=REFUSED[name, dynamo]):
            load(path)
        return
    network = load(path)
    check = check_import(network, x)
    assert (check.differing, check.undecided) == (0, 0)
    found = network.host.real_outputs(network.run(quantize(x, network))).reshape(y.shape)
    np.testing.assert_allclose(found, y, atol=1e-4 * np.abs(y).max())


@pytest.mark.parametrize("name", STYLES)
def test_the_old_exporter(name: str, tmp_path: Path) -> None:
    agrees(name, dynamo=False, tmp_path=tmp_path)
