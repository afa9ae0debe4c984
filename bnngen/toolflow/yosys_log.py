"""What is worth keeping of what yosys prints, which for a large design is a hundred megabytes."""

from __future__ import annotations

import re
from collections import deque

LINES_A_PASS = 30
"""How many lines a pass may print before only its warnings and errors are kept."""
_PASS = re.compile(r"^\d+(\.\d+)*\. ")
_WHOLE = re.compile(r"Printing statistics|Executing CHECK pass")
"""Passes whose every line is kept."""
_SERIOUS = re.compile(r"\b(Warning|ERROR)\b")


class PassFilter:
    """Takes a log line by line: each pass keeps its heading, its first lines, its warnings and errors.

    How many lines are missing is said where they are. The last lines of all stay, as nobody knows what
    a program says that comes to a sudden end.
    """

    def __init__(self) -> None:
        self._printed = 0
        self._limit: float = LINES_A_PASS
        self._left_out = 0
        self._last: deque[str] = deque(maxlen=LINES_A_PASS)

    def __call__(self, line: str) -> str:
        """What goes to the log in the place of ``line``."""
        if _PASS.match(line):
            self._limit = float("inf") if _WHOLE.search(line) else LINES_A_PASS
            self._printed = 0
            return self._gap() + line
        if _SERIOUS.search(line):
            return self._gap() + line
        if self._printed < self._limit:
            self._printed += 1
            return line
        self._left_out += 1
        self._last.append(line)
        return ""

    def end(self) -> str:
        """What goes to the log after the last line."""
        last = "".join(self._last)
        self._left_out -= len(self._last)
        return self._gap() + last

    def _gap(self) -> str:
        count, self._left_out = self._left_out, 0
        self._last.clear()
        return f"[{count:,} lines left out]\n" if count else ""
