"""Keeps the smallest file with which a test of random files fails."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator
from pathlib import Path

import pytest

FAILURES = Path(os.environ.get("BNNGEN_FAILURES") or Path(__file__).with_name("failures"))
"""Where the smallest file goes with which a test of random files fails."""


@pytest.fixture
def keeps_failures(tmp_path: Path) -> Path:
    """The file that a test of random files wrote last: if the test fails, it is the smallest that does."""
    return tmp_path / "model.onnx"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keeps that file, and says where. Hypothesis ends with the smallest example that it has found."""
    report = yield
    last: Path | None = getattr(item, "funcargs", {}).get("keeps_failures")
    if report.when == "call" and report.failed and last is not None and last.exists():
        contents = last.read_bytes()
        kept = FAILURES / f"{hashlib.sha256(contents).hexdigest()[:12]}.onnx"
        FAILURES.mkdir(exist_ok=True)
        kept.write_bytes(contents)
        report.sections.append(("smallest failing file", f"{kept}\nkeep it: test_failures.py replays it"))
    return report
