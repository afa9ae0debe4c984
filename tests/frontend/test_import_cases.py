"""Files as people make them: home-made binarized networks, Brevitas' exports, ONNX Runtime's quantised ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bnngen
from bnngen.base.errors import ModelError
from bnngen.import_check.check import check_import
from bnngen.reference.data_file import quantize

CASES: dict[str, dict[str, Any]] = {
    "clamp_q.q": {},
    "dwsep_w4a4.b8": {},
    "hardtanh_mlp.Rqcdq": {},
    "jsc_logicnets.q": {},
    "jsc_logsoftmax.q": {},
    "leaky.q": {},
    "maxpool_ceil.q": {},
    "mean_dims.q": {},
    "ort_qdq": {},
    "ort_qop": {},
    "res_shared.Rqcdq": {},
    "seg_argmax.q": {},
    "tb_cnn_where_binarised.dy": {},
    "tb_dorefa_w2a2.ts": {},
    "tb_mlp_clampste_latent.ts": {"sign_of_zero": "plus"},
    "tb_mlp_ge_mul_latent.ts": {},
    "tb_mlp_sign_binarised.dy": {"sign_of_zero": "plus"},
    "tb_mlp_where_alpha.ts": {},
    "tb_mlp_where_latent.ts": {},
    "tb_mlp_where_noinq.ts": {"input": "int8:1/16"},
    "tbdef_mlp_sign": {"sign_of_zero": "plus"},
}
"""What the file leaves open, by its name."""


@pytest.mark.parametrize("name", CASES)
def test_the_outputs_are_right(shared: Path, name: str) -> None:
    """The right values were computed by others: in double precision, or in single by ONNX Runtime, which is off
    by much less than a step of the last integer."""
    folder = shared / "cases" / "import"
    network = bnngen.load(folder / f"{name}.onnx", **CASES[name])
    with np.load(folder / f"{name}.npz") as data:
        x, expected = data["x"], data["y"]
    y = network.run(quantize(x, network))
    real = y if network.class_index else network.host.real_outputs(y)
    step = float(abs(network.host.mul).max())
    assert np.abs(real.reshape(expected.shape) - expected).max() < step / 100
    found = check_import(network, x)
    assert (found.differing, found.undecided) == (0, 0)


def test_the_case_without_values(shared: Path) -> None:
    network = bnngen.load(shared / "cases" / "import" / "trunc_avgpool.q.onnx")
    x = np.random.default_rng(0).normal(0, 2, (24, *network.model_shape)).astype(np.float32)
    found = check_import(network, x)
    assert (found.frames, found.differing, found.undecided) == (24, 0, 0)


def test_channels_last_are_refused_with_the_way_back(shared: Path) -> None:
    path = shared / "cases" / "import" / "quantize_pool_bn_sign.chlast.onnx"
    with pytest.raises(
        ModelError, match=r"^layer 'Conv_0': Conv is of the domain .*channels_last.* leave out"
    ):
        bnngen.load(path)
