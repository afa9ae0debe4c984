"""The command line as a function, and one built design for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command_line import Cli

from bnngen.cli import run


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """``cli("golden", path, ...)`` returns the exit status, standard output and standard error."""
    return Cli(capsys)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, digits: Path) -> Path:
    """The digits network, small, up to and with the simulation of its test set."""
    out = tmp_path_factory.mktemp("built") / "digits"
    model, data = digits / "digits_1w1a.onnx", digits / "digits_test.npz"
    goal = ["--board", "icebreaker", "--fps", "20000", "--until", "simulate"]
    assert run(["build", str(model), *goal, "--out", str(out), "--verify", str(data)]) == 0
    return out
