"""What the families' own tools set PLLs to."""

from __future__ import annotations

import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

WANTED = [16.5, 24, 25, 30, 33.3, 36, 48, 50, 64, 75, 99.9, 100, 123.456, 250]


def tool_output(name: str, *args: str) -> str:
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    assert found is not None, f"{name} is not installed"
    return subprocess.run([found, *args], capture_output=True, text=True, check=True).stdout


def assert_not_worse(ours: Fraction, theirs: Fraction, wanted: Fraction) -> None:
    """The tools take the nearest clock, above or below; ours is the highest that is not above."""
    assert ours <= wanted
    if theirs <= wanted:
        assert ours >= theirs
