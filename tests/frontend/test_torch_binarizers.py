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
FEW = [
    "mlp_where_ge",
    "cnn_clamp_ste",
    "cnn_mean_alpha",
    "mlp_ternary",
    "mlp_levels2",
    "cnn_where_ge",
    "mlp_leaky",
]
"""What the new exporter, which is slow, is tried with each time."""
ALWAYS_REFUSED = {
    "mlp_sign_plus_epsilon": "is a plain Sign on an input that can be 0",
    "mlp_softsign": "Abs falls and rises",
}
"""Refused from both exporters: what leaves a question open, and what is exported as another function."""
FOLDED = {
    name: "an exporter that folds constants or a batch norm into quantised weights rounds them"
    for name in STYLES
    if any(part in name for part in ("dorefa2", "dorefa3", "uniform", "nested_mean", "mlp_tanh_ste"))
    or name in ("cnn_levels2", "cnn_clamped4", "cnn_tanh", "cnn_leaky", "residual_levels2")
}
"""Whose small weights the new exporter computes in single precision, unless it is told not to optimise."""
NEW_REFUSED = {**ALWAYS_REFUSED, **FOLDED, "mlp_softplus": "chooses between computed tensors"}


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
    refused = NEW_REFUSED if dynamo else ALWAYS_REFUSED
    if name in refused:
        with pytest.raises(ModelError, match=refused[name]):
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


@pytest.mark.parametrize("name", FEW)
def test_the_new_exporter(name: str, tmp_path: Path) -> None:
    agrees(name, dynamo=True, tmp_path=tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(STYLES) - set(FEW)))
def test_the_new_exporter_with_the_rest(name: str, tmp_path: Path) -> None:
    agrees(name, dynamo=True, tmp_path=tmp_path)
