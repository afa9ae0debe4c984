"""The published MNIST networks, all 10,000 test images, from file to bitstream, as a user would do it."""

import json
from pathlib import Path

import pytest

from bnngen.cli import run

BUILDS = [("tfc_1w1a_mnist", "icebreaker", 9296), ("tfc_2w2a_mnist", "ulx3s_85f", 9660)]


@pytest.mark.slow
@pytest.mark.parametrize(("model", "board", "correct"), BUILDS)
def test_from_model_to_bitstream(shared: Path, tmp_path: Path, model: str, board: str, correct: int) -> None:
    file, data = shared / "models" / f"{model}.onnx", shared / "data" / "mnist_test_unit.npz"
    out, stalled = tmp_path / "out", tmp_path / "stalled.json"
    assert run([str(a) for a in ("build", file, "--board", board, "--verify", data, "--out", out)]) == 0

    report = json.loads((out / "report.json").read_text())
    simulation, schedule = report["simulation"], report["schedule"]
    assert (simulation["frames"], simulation["mismatches"], simulation["correct"]) == (10_000, 0, correct)
    assert simulation["cycles_per_frame"] == schedule["cycles_per_frame"]
    assert simulation["latency_cycles"] == schedule["latency_cycles"]
    assert report["pnr"]["met"]
    assert (out / report["pnr"]["bitstream"]).stat().st_size > 100_000
    assert report["synthesis"]["lut"] <= schedule["available"]["lut"]

    assert run([str(a) for a in ("simulate", out, data, "--stall", 0.3, "--json", stalled)]) == 0
    figures = json.loads(stalled.read_text())
    assert (figures["frames"], figures["mismatches"], figures["correct"]) == (10_000, 0, correct)


@pytest.mark.slow
def test_millions_of_weights_fit_the_block_ram(shared: Path, tmp_path: Path) -> None:
    """LFC, 2.9 million weights: packed, proved on 1,000 images, routed at the board's clock."""
    file, data = shared / "models" / "lfc_w1a1_mnist.onnx", shared / "data" / "mnist_test_flat.npz"
    arguments = ("build", file, "--board", "ulx3s_85f", "--fps", 100_000, "--verify", data, "--frames", 1000)
    assert run([str(a) for a in (*arguments, "--out", tmp_path)]) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["simulation"]["frames"], report["simulation"]["mismatches"]) == (1000, 0)
    assert report["schedule"]["weight_fill"] >= 0.85
    assert report["synthesis"]["bram"] == report["schedule"]["estimate"]["bram"]
    assert report["pnr"]["met"]


@pytest.mark.slow
def test_a_convolutional_network_on_an_ecp5(shared: Path, tmp_path: Path) -> None:
    """CNV: the known scores in Verilog, with and without stalls, and routed at 3,000 frames a second."""
    file, data = (shared / "models" / f"cnv_w1a1_cifar10{end}" for end in (".onnx", "_vectors.npz"))
    arguments = ("build", file, "--board", "ulx3s_85f", "--fps", 3000, "--verify", data, "--out", tmp_path)
    assert run([str(a) for a in arguments]) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["simulation"]["frames"], report["simulation"]["mismatches"]) == (8, 0)
    assert report["simulation"]["as_predicted"]
    assert report["pnr"]["met"]
    assert report["pnr"]["fps"] >= 3000
    assert run([str(a) for a in ("simulate", tmp_path, data, "--stall", 0.3)]) == 0


@pytest.mark.parametrize(("model", "board", "correct"), BUILDS)
def test_verilog_of_the_first_thousand_images(
    shared: Path, tmp_path: Path, model: str, board: str, correct: int
) -> None:
    """The same without place and route, at a tenth of the size."""
    file, data = shared / "models" / f"{model}.onnx", shared / "data" / "mnist_test_unit.npz"
    arguments = ("build", file, "--board", board, "--fps", 50_000, "--verify", data, "--frames", 1000)
    assert run([str(a) for a in (*arguments, "--until", "simulate", "--out", tmp_path)]) == 0
    simulation = json.loads((tmp_path / "report.json").read_text())["simulation"]
    assert (simulation["frames"], simulation["mismatches"]) == (1000, 0)
    assert simulation["as_predicted"]
