"""Files with which the fuzz tests failed once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.kinds import KINDS
from tests.fuzz.worker import Worker

FILES = sorted(p for p in Path(__file__).with_name("failures").glob("*") if p.suffix != ".md")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_fails_no_more(path: Path, worker: Worker) -> None:
    kind = next(name for name, kind in KINDS.items() if path.name.endswith(kind.suffix))
    verdict = worker.judge(kind, path.read_bytes())
    assert not verdict.fault, verdict.message
