"""The folder of a build that came as far as a bitstream, and programs that seem to load one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

COUNTS = {"lut": 1, "ff": 1, "bram": 1, "dsp": 0}
LOADERS = ("ICEPROG", "DFU_UTIL", "OPENFPGALOADER")


def finished_build(folder: Path, board: str = "icebreaker", **changes: Any) -> Path:
    """``folder``, with the report and the bitstream of a build for ``board``; the report's keys changed."""
    report = {
        "bnngen": "0.1",
        "model": {"output": "file"},
        "board": board,
        "clock_mhz": 30.0,
        "layers": [],
        "schedule": {
            "cycles_per_frame": 1,
            "latency_cycles": 1,
            "fps": 1.0,
            "estimate": COUNTS,
            "available": COUNTS,
            "bram_kind": "SB_RAM40_4K",
        },
        "pnr": {"tool": "nextpnr", "fmax_mhz": 40.0, "met": True, "bitstream": "pnr/top.bin"},
        "warnings": [],
    }
    (folder / "pnr").mkdir(parents=True)
    (folder / "pnr" / "top.bin").write_bytes(b"\xff\x00")
    (folder / "report.json").write_text(json.dumps(report | changes))
    return folder


class Programs:
    """The only programs that can be found: those of this machine can't."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        folder.mkdir()
        monkeypatch.setenv("PATH", str(folder))
        monkeypatch.setattr(sys, "executable", str(folder / "python"))
        for variable in LOADERS:
            monkeypatch.delenv(variable, raising=False)

    def add(self, name: str, script: str = "") -> None:
        """A program that keeps its arguments, and then runs the ``script`` of the shell."""
        program = self.folder / name
        program.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {self.folder / name}.arguments\n{script}\n")
        program.chmod(0o755)

    def arguments(self, name: str) -> list[str]:
        """Those that the program was started with."""
        return (self.folder / f"{name}.arguments").read_text().splitlines()
