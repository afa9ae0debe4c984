"""What versions up to 0.1 wrote into folders, which have no list of it (see `bnngen.base.owned`).

This is history: it knows what those versions wrote, and does not grow.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bnngen.base.strict_json import read_json

_BUILD = (
    "model.onnx",
    "report.json",
    "report.html",
    "rtl/bnn_accelerator.v",
    "rtl/interface.json",
    "synth/top.json",
    "synth/bnn_accelerator.json",
    "synth/bnn_accelerator_netlist.v",
    "synth/build_top.json",
    "synth/serial.json",
    "synth/top.pcf",
    "synth/top.lpf",
    "synth/yosys.log",
    "pnr/top.bin",
    "pnr/top.bit",
    "pnr/top.asc",
    "pnr/top.config",
    "pnr/report.json",
    "pnr/routed.json",
    "pnr/nextpnr-ice40.log",
    "pnr/nextpnr-ecp5.log",
    "pnr/icepack.log",
    "pnr/ecppack.log",
)
_RUN = (
    "model.onnx",
    "test.npz",
    "validation.npz",
    "log.jsonl",
    "curve.svg",
    "recipe.toml",
    "checkpoint.pt",
    "preprocessing.json",
)
_SEARCH = (
    "model.onnx",
    "test.npz",
    "recipe.toml",
    "log.jsonl",
    "preprocessing.json",
    "candidates.json",
    "compress.html",
)
_CHECKPOINT_FIELDS = (b"best_accuracy", b"objective", b"schedule")


def earlier_files(folder: Path) -> set[str]:
    """The names of files that are bnngen's if they are in ``folder``: those of a build beside a report.json,
    those of a training run beside a checkpoint.pt, those of a search beside a candidates.json and of its
    students, if these tell that bnngen wrote them."""
    names: set[str] = set()
    if "bnngen" in _keys(folder / "report.json"):
        names.update(_BUILD)
    if _is_checkpoint(folder / "checkpoint.pt"):
        names.update(_RUN)
    if {"board", "candidates", "winner"} <= _keys(folder / "candidates.json"):
        names.update(_SEARCH)
    for checkpoint in folder.glob("students/*_epochs/checkpoint.pt"):
        if _is_checkpoint(checkpoint):
            names.update(f"students/{checkpoint.parent.name}/{name}" for name in (*_RUN, "student.toml"))
    return names


def _keys(path: Path) -> set[Any]:
    """The keys of a JSON file; none if it is not there or holds something else."""
    try:
        contents = read_json(path)
    except (OSError, ValueError):
        return set()
    return set(contents) if isinstance(contents, dict) else set()


def _is_checkpoint(path: Path) -> bool:
    """Whether the file is an archive of torch's with the names of what bnngen puts into a checkpoint."""
    try:
        contents = path.read_bytes()
    except OSError:
        return False
    return contents.startswith(b"PK") and all(field in contents for field in _CHECKPOINT_FIELDS)
