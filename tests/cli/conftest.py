"""The command line as a function, and one built design for all tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bnngen.cli import run

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """``cli("golden", path, ...)`` returns the exit status, standard output and standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return call


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, digits: Path) -> Path:
    """The digits network, small, up to and with the simulation of its test set."""
    out = tmp_path_factory.mktemp("built") / "digits"
    arguments = [
        "build",
        digits / "digits_1w1a.onnx",
        "--board",
        "icebreaker",
        "--fps",
        "20000",
        "--out",
        out,
    ]
    assert (
        run([str(a) for a in [*arguments, "--verify", digits / "digits_test.npz", "--until", "simulate"]])
        == 0
    )
    return out
