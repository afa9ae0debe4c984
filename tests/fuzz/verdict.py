"""What came of one file, and when an error is one that a user can read."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path

from bnngen.base.errors import BnngenError, ModelError

FAULTS = ("foreign", "unclear", "wrong", "permissive", "hang", "memory", "died")
"""The kinds of verdicts that are faults of bnngen; "permissive" is what it accepts and nobody else does."""

ACCEPTED = ("agrees", "undecided", "unevaluated", "wrong", "permissive")
MOST_CHARACTERS = 4_000
FOREIGN_TEXTS = (
    "unexpected",
    "please report",
    "traceback",
    "nonetype",
    "out of bounds for axis",
    "could not be broadcast",
    "broadcastable",
    "index out of range",
    "values to unpack",
    "cannot reshape array",
    "invalid literal",
    "unsupported operand",
    "object has no attribute",
    "is not in list",
    "setting an array element",
    "zip() argument",
    "must match exactly",
    "object is not",
    "not supported between",
    "takes exactly",
    "repeated axis",
    "axes don't match",
    "too large to convert",
    "int too large",
    "math domain",
    "array must be",
    "arg must be",
    "invalid number of",
    "integer division or modulo",
    "division by zero",
    "argument must be",
    "did not match any",
    "unable to allocate",
    "maximum allowed",
)
"""What Python, numpy and onnx say, in lower case: an error with such a text was written by none of us."""


@dataclass(frozen=True)
class Verdict:
    """``kind``: "refused", "agrees", "undecided", "unevaluated" or one of `FAULTS`. ``detail`` tells one fault
    from another of its kind; ``message`` is for people."""

    kind: str
    detail: str = ""
    message: str = ""

    @property
    def fault(self) -> bool:
        return self.kind in FAULTS

    @property
    def accepted(self) -> bool:
        return self.kind in ACCEPTED

    @property
    def signature(self) -> tuple[str, str]:
        return self.kind, self.detail


def of_error(error: BaseException) -> Verdict:
    """The verdict on what bnngen raised: its own errors with a clear message are a refusal."""
    if isinstance(error, MemoryError):
        return Verdict("memory", place(error), "".join(traceback.format_exception(error)))
    if not isinstance(error, BnngenError) and not hasattr(error, "exit_status"):
        trace = "".join(traceback.format_exception(error))
        return Verdict("foreign", f"{type(error).__name__} in {place(error)}", trace)
    text = str(error)
    if problem := unclear(error):
        return Verdict("unclear", f"{problem} from {place(error.__context__ or error)}", text)
    return Verdict("refused", _refusal(text), text)


def unclear(error: BaseException) -> str:
    """What is wrong with the message of an error, or nothing."""
    text = str(error)
    if not text.strip():
        return "no message"
    if len(text) > MOST_CHARACTERS:
        return "an endless message"
    if isinstance(error, ModelError) and not error.layer:
        return "no layer named"
    if any(not c.isprintable() and c != "\n" for c in text):
        return "control characters"
    return next((f"'{foreign}'" for foreign in FOREIGN_TEXTS if foreign in text.lower()), "")


def _refusal(text: str) -> str:
    """The message without names and numbers, to count refusals by."""
    words = text.partition(": ")[2].split()[:6] or text.split()[:6]
    return " ".join(w for w in words if w.isalpha())


def place(error: BaseException) -> str:
    """The innermost place in bnngen that an error went through."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if "bnngen" in frame.filename and "tests" not in path.parts and "site-packages" not in path.parts:
            return f"{path.stem}.{frame.name}"
    return "nowhere"
