"""What every test room may use: Hypothesis without time limits, models and data."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

pytest_plugins = ["pytester", "support.recipes", "support.skips", "support.training"]

settings.register_profile("bnngen", deadline=None)
settings.load_profile("bnngen")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says what the fuzz tests counted, and by which seeds."""
    reports = [r for kind in ("passed", "failed") for r in terminalreporter.stats.get(kind, ())]
    for text in (text for r in reports for name, text in r.user_properties if name == "fuzz"):
        terminalreporter.write_line(f"fuzzed: {text}")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real models and data sets: $BNNGEN_SHARED, or ``shared`` beside the repository."""
    path = Path(os.environ.get("BNNGEN_SHARED") or Path(__file__).parents[2] / "shared")
    if not path.is_dir():
        pytest.skip(f"needs the shared models and data, which are not at {path} (set BNNGEN_SHARED)")
    return path


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C interrupts, also where whoever started the tests has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def digits() -> Path:
    """The folder of the digits example: a real trained network of 40 kbit, with its test set."""
    return Path(__file__).parents[1] / "examples" / "digits"
