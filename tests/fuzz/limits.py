"""Time and memory that one input may take."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

CPU_SECONDS = 10
MEMORY = 2 << 30
"""Bytes beyond those that the process has once everything is imported."""


class OutOfTimeError(BaseException):
    """The time is over; no ``except Exception`` on the way up holds it."""


@contextmanager
def cpu_limit(seconds: float = CPU_SECONDS) -> Iterator[None]:
    """Raises OutOfTimeError once the process has computed for so long. Code in C is interrupted at its end."""

    def over(number: int, frame: FrameType | None) -> None:
        raise OutOfTimeError(f"more than {seconds} s of CPU")

    before = signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def limit_memory(more: int = MEMORY) -> None:
    """From now on this process gets a MemoryError instead of so many more bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (used,) = (int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmSize:"))
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + more, hard))
