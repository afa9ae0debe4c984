"""Texts, numbers and comments in the generated programs: whatever a name holds, it stays a name."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Iterable

from bnngen.base.text import shown


def c_text(text: str) -> str:
    r"""A C string of the text's UTF-8: all but plain characters as ``\ooo``, always three digits."""
    return '"' + "".join(_c_byte(byte) for byte in text.encode("utf-8", "replace")) + '"'


def _c_byte(byte: int) -> str:
    plain = chr(byte).isprintable() and byte < 0x7F and chr(byte) not in '"\\?'
    return chr(byte) if plain else f"\\{byte:03o}"


def python_text(text: str) -> str:
    """A Python string in ASCII."""
    return ascii(text)


def comment(text: str) -> str:
    """The text with nothing but what means nothing in a comment."""
    return re.sub(r"[^A-Za-z0-9 .,:;+()%=<>_-]", "_", text)


def c_float(value: float) -> str:
    """A float32 number as C99 reads it back exactly."""
    return c_double(value) if math.isinf(value) else f"{c_double(value)}f"


def c_double(value: float) -> str:
    """A float64 number as C99 reads it back exactly."""
    if math.isinf(value):
        return "INFINITY" if value > 0 else "-INFINITY"
    return value.hex()


def float_key(value: float) -> int:
    """The bits of a float32 number as an integer that rises with it; -0.0 is 0."""
    bits: int = struct.unpack("<i", struct.pack("<f", value))[0]
    return bits if bits >= 0 else -(1 << 31) - bits


def python_tuple(values: Iterable[object]) -> str:
    """A Python tuple of what is written already, in lines of bearable length."""
    return _listed([str(value) for value in values], "(", ")", 1)


def c_array(values: Iterable[object]) -> str:
    """A C initializer of what is written already, in lines of bearable length."""
    return _listed([str(value) for value in values], "{", "}", 0)


def _listed(texts: list[str], left: str, right: str, trailing: int) -> str:
    """``trailing``: a comma stands behind a single one."""
    whole = left + ", ".join(texts) + "," * (trailing and len(texts) == 1) + right
    if len(whole) <= 100:
        return whole
    lines, line = [], ""
    for text in texts:
        if line and len(line) + len(text) > 92:
            lines.append(line)
            line = ""
        line += f"{text}, "
    return "\n    ".join([left, *(part.rstrip() for part in [*lines, line])]) + "\n" + right


def cell(text: str) -> str:
    """The text in a cell of a Markdown table."""
    return re.sub(r"([\\`*_|<>\[\]])", r"\\\1", shown(text))


FILTERS: dict[str, Callable[..., str | int]] = {
    made.__name__: made
    for made in (c_array, c_double, c_float, c_text, cell, comment, float_key, python_text, python_tuple)
}
"""What the templates know beside what jinja2 brings."""
