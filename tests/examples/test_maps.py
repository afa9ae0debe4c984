"""The two networks of the example: exact from the file to the Verilog, in as many cycles as predicted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from support.onnx_files import custom_ops

import bnngen
from bnngen.import_check.double import in_double
from bnngen.toolflow.simulation import random_frames
from bnngen_hw.buffers.join import Join

SCRIPT = Path(__file__).parents[2] / "examples" / "maps" / "make_networks.py"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("maps")
    subprocess.run([sys.executable, SCRIPT, folder], check=True)
    return folder


@pytest.mark.parametrize(("name", "fps"), [("residual", 10_000), ("separable", 20_000)])
def test_from_the_file_to_the_verilog(models: Path, tmp_path: Path, name: str, fps: int) -> None:
    path = models / f"{name}.onnx"
    network = bnngen.load(path)
    images = np.random.default_rng(0).integers(-128, 128, (4, 3, 16, 16)) / 128
    y = bnngen.golden(network, images)
    evaluator = ReferenceEvaluator(in_double(onnx.load(path)), new_ops=custom_ops())
    wanted = np.concatenate([evaluator.run(None, {"image": image[None]})[0] for image in images])
    np.testing.assert_allclose(network.host.real_outputs(y), wanted, rtol=1e-12)

    design = bnngen.compile(network, board="ulx3s_85f", fps=fps)
    assert (sum(isinstance(part, Join) for part in design.chain) > 0) == (name == "residual")
    data = random_frames(design.schedule.network, 8)
    report = design.build(tmp_path, until="simulate", data=data).report
    assert report.simulation is not None
    assert (report.simulation.mismatches, report.simulation.as_predicted) == (0, True)
    stalled = design.simulate(images, stall=0.3, seed=1)
    assert np.array_equal(stalled.outputs, y)
