"""Finds what a command has left running: whatever it starts inherits a mark in its environment."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

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
