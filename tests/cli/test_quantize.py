"""``bnngen quantize``: arguments and messages; the quantisation itself is tested in tests/train/ptq."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command_line import Cli

RECIPE = """\
[data]
name = "digits"
[model]
architecture = "mlp"
widths = [16]
weight_bits = 32
act_bits = 32
input_bits = 32
[train]
epochs = 2
"""


@pytest.mark.train
def test_a_float_run(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text(RECIPE)
    assert cli("train", tmp_path / "r.toml", "--out", tmp_path / "run")[0] == 0
    arguments = (
        "quantize",
        tmp_path / "run",
        "--out",
        tmp_path / "q.onnx",
        "--act-bits",
        4,
        "--samples",
        100,
    )
    status, out, _ = cli(*arguments, "--budget", 4)
    assert status == 0
    assert "test samples correct" in out
    assert "in float" in out
    status, out, _ = cli(*arguments, "--budget", 4, "--json", "-")
    report = json.loads(out)
    assert report["weight_bits"] <= 4000
    status, _, err = cli(*arguments, "--budget", 1)
    assert (status, "1,184 weights take 2,368 bits or more" in err) == (2, True)


def test_a_file_needs_data_and_a_folder_does_not(cli: Cli, tmp_path: Path) -> None:
    status, _, err = cli("quantize", tmp_path / "m.onnx", "--out", tmp_path / "q.onnx")
    assert (status, "needs DATA.npz to calibrate on" in " ".join(err.split())) == (2, True)
    status, _, err = cli("quantize", tmp_path, tmp_path / "x.npz", "--out", tmp_path / "q.onnx")
    assert (status, "which brings its own data" in " ".join(err.split())) == (2, True)


@pytest.mark.parametrize("budget", ["nan", "inf", "1e400"])
def test_a_budget_is_a_number(cli: Cli, tmp_path: Path, budget: str) -> None:
    arguments = ("quantize", tmp_path / "m.onnx", tmp_path / "x.npz", "--out", tmp_path / "q.onnx")
    status, _, err = cli(*arguments, "--budget", budget)
    assert (status, "takes a number, not" in err) == (2, True)


@pytest.mark.parametrize("percentile", ["nan", "49", "101", "1e400"])
def test_a_percentile_is_a_share(cli: Cli, tmp_path: Path, percentile: str) -> None:
    arguments = ("quantize", tmp_path / "m.onnx", tmp_path / "x.npz", "--out", tmp_path / "q.onnx")
    status, _, err = cli(*arguments, "--percentile", percentile)
    assert (status, "--percentile" in err) == (2, True)


def test_missing_packages(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bnngen.train.extra.find_spec", lambda name: None)
    status, _, err = cli("quantize", tmp_path, "--out", tmp_path / "q.onnx")
    assert status == 3
    assert "pip install 'bnngen[train]'" in err
