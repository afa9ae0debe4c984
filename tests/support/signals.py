"""Ends commands at random moments, and finds what they have left running: whatever a command starts inherits a mark
in its environment."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
MARK = "BNNGEN_TEST_MARK"
"""The environment variable to put the mark into."""


def marked_processes(mark: str) -> list[str]:
    """The command lines of the processes with the text ``mark`` in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark.encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_text().replace("\0", " "))
    return found


def left_running(mark: str, patience_s: float = 5) -> list[str]:
    """The same, once the last of them has ended or the patience is over: what a killed process has started
    ends a moment after it."""
    deadline = time.monotonic() + patience_s
    while (found := marked_processes(mark)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def drawn_moments(capsys: pytest.CaptureFixture[str]) -> random.Random:
    """Random numbers by a seed that is printed, and that BNNGEN_SIGNALS_SEED sets."""
    seed = int(os.environ.get("BNNGEN_SIGNALS_SEED", random.randrange(1 << 32)))
    with capsys.disabled():
        print(f"\nmoments of the signals: BNNGEN_SIGNALS_SEED={seed}")
    return random.Random(seed)


def interruptible() -> None:
    """For a new process: a test run in the background ignores SIGINT, and its children would inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
