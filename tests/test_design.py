"""The Python interface, as README shows it."""

import json
from pathlib import Path

import numpy as np
import pytest

import bnngen
from bnngen.data import load_data
from bnngen.errors import DataError, FitError
from bnngen.network import Network


@pytest.fixture(scope="module")
def network(digits: Path) -> Network:
    return bnngen.load(digits / "digits_1w1a.onnx")


def test_simulate_gives_the_golden_integers(network: Network, digits: Path) -> None:
    with np.load(digits / "digits_test.npz") as data:
        x = data["x"][:20]
    design = bnngen.compile(network, board="icebreaker", fps=20_000)
    result = design.simulate(x, stall=0.2, seed=3)
    assert np.array_equal(result.outputs, bnngen.golden(network, x))


def test_build_keeps_the_model_and_the_report(network: Network, digits: Path, tmp_path: Path) -> None:
    result = bnngen.compile(network, board="icebreaker").build(tmp_path / "out", until="verilog")
    assert result.holds
    assert (tmp_path / "out" / "model.onnx").read_bytes() == (digits / "digits_1w1a.onnx").read_bytes()
    assert json.loads((tmp_path / "out" / "report.json").read_text())["model"]["file"] == "digits_1w1a.onnx"


def test_a_network_without_a_file_can_be_built_too(network: Network, tmp_path: Path) -> None:
    bare = Network(network.input_shape, network.quantizer, network.layers, network.host)
    result = bnngen.compile(bare, board="icebreaker").build(tmp_path / "out", until="estimate")
    assert result.report.model["file"] is None
    assert not (tmp_path / "out" / "model.onnx").exists()
    assert "network on icebreaker" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize("fps", [1, 12_345, 200_000])
def test_a_wanted_rate_is_a_promise(network: Network, fps: int) -> None:
    assert bnngen.compile(network, board="icebreaker", fps=fps).fps >= fps


def test_errors_are_the_project_s_own(network: Network, digits: Path) -> None:
    with pytest.raises(FitError):
        bnngen.compile(network, board="icebreaker", fps=1e9)
    with pytest.raises(DataError):
        load_data(digits / "digits_1w1a.onnx", network)
    with pytest.raises(AttributeError, match="no attribute 'from_torch'"):
        _ = bnngen.from_torch
