"""The command line as a function."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bnngen.cli import run


@dataclass(frozen=True)
class Cli:
    """``cli("golden", path, ...)`` returns the exit status, standard output and standard error."""

    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        self.capsys.readouterr()
        status = run([str(argument) for argument in arguments])
        return status, *self.capsys.readouterr()
