"""Names from files and from people as text that can be shown anywhere, and can't act."""

from __future__ import annotations

import unicodedata


def usable(text: str) -> bool:
    """Whether ``text`` may be a path: it holds no control character, and is UTF-8."""
    return not any(unicodedata.category(c) in ("Cc", "Cs") for c in text)


def shown(text: str) -> str:
    """``text`` in one line, each character that can't be seen as in a Python string: ``\\x1b``, ``\\n``.

    Such are control characters, those that turn the direction of writing, and all spaces but the plain one.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shown_lines(text: str) -> str:
    """The same for a text of several lines, which stay, and in which a tab is a space."""
    return "\n".join(shown(line.replace("\t", " ")) for line in text.split("\n"))
