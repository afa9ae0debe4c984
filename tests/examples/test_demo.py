"""make demo, up to the simulation of its Verilog."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "examples" / "digits" / "demo.py"


def test_the_demo_holds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", [str(DEMO), "--until", "simulate", "--out", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(DEMO), run_name="__main__")
    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert "342 of 360 test images correct: 95.00 %" in said
    assert "3. in short" in said
    assert (tmp_path / "rtl" / "bnn_accelerator.v").is_file()
