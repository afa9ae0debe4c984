"""The table counts what every process has run, and the floor holds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import coverage_table

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
MODULE = """
def sign(n):
    if n < 0:
        return -1
    return 1
"""
CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import bnngen; bnngen.sign(-1)'])"


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with this project's settings and four tiny packages, out of sight of a measurement of this test."""
    for name in coverage_table.PACKAGES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(MODULE if name == "bnngen" else "")
    (tmp_path / "pyproject.toml").write_text(PYPROJECT.read_text())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("COVERAGE")]:
        monkeypatch.delenv(name)
    return tmp_path


def measure(workplace: Path, program: str) -> None:
    (workplace / "program.py").write_text(program)
    subprocess.run([sys.executable, "-m", "coverage", "run", "program.py"], check=True)


def test_one_branch_of_two(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measure(workplace, "import bnngen; bnngen.sign(5)")
    assert coverage_table.main() == 1
    *rows, verdict = capsys.readouterr().out.splitlines()
    assert [" ".join(row.split()) for row in rows] == [
        "coverage lines branches",
        "bnngen 75.0 % of 4 50.0 % of 2",
        *(f"{name} 0.0 % of 0 0.0 % of 0" for name in coverage_table.PACKAGES[1:]),
        "all 75.0 % of 4 50.0 % of 2",
    ]
    floor = f"{coverage_table.FLOOR:.0f} %"
    assert verdict == f"Too few: the tests must run {floor} of bnngen's branches, and ran 50.0 %."


def test_the_other_branch_in_a_child_process(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measure(workplace, f"import bnngen; bnngen.sign(5); {CHILD}")
    assert coverage_table.main() == 0
    assert capsys.readouterr().out.splitlines()[1].endswith(" 100.0 % of      2")
