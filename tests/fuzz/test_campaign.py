from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import onnx

from tests.fuzz.campaign import Campaign
from tests.fuzz.seeds import ROOT
from tests.fuzz.verdict import Verdict

COUNT = 30


def no_relu(kind: str, contents: bytes) -> Verdict:
    """Something that fails for files with a Relu, and takes those with an odd number of nodes."""
    try:
        nodes = onnx.ModelProto.FromString(contents).graph.node
    except Exception:
        return Verdict("refused")
    if any(node.op_type == "Relu" for node in nodes):
        return Verdict("foreign", "in relu", "Traceback\n  ...\nValueError: Relu")
    return Verdict("agrees" if len(nodes) % 2 else "refused")


def test_what_fails_is_counted_shrunk_and_kept_once(tmp_path: Path) -> None:
    told: list[Any] = []
    tally = Campaign("model", 1, no_relu, keep=tmp_path).run(COUNT, told=told.append)
    assert len(told) == tally.mutants == COUNT
    (fault,) = tally.faults.values()
    assert fault.times == tally.verdicts["foreign"] > 1
    (kept,) = tmp_path.iterdir()
    assert kept == fault.path
    assert [n.op_type for n in onnx.load(kept).graph.node] == ["Relu"]
    assert 0 < tally.accepted < 1
    assert (
        f"{kept.name}: foreign, in relu, {fault.times} times, first as mutant {fault.number} (" in tally.text
    )
    assert tally.text.endswith("ValueError: Relu")


def test_a_run_can_begin_anywhere() -> None:
    whole = Campaign("model", 1, no_relu)
    assert whole.mutant(17).contents == Campaign("model", 1, no_relu).mutant(17).contents
    assert Campaign("model", 1, no_relu).run(3, first=17).mutants == 3


def test_the_command_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--kind", "recipe", "--count", "3", "--seed", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seed, counted = done.stdout.splitlines()
    assert seed == "seed 1"
    assert counted.startswith("3 mutants in ")
