"""Names from files and from people as text that can be shown anywhere, and can't act; names in lists."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence

_PASSWORDS = re.compile(
    r"(?P<before>://[^:/?#@\s]*:)\S*@|(?P<key>[?&][^=&\s]*(?:pass|pwd|secret|token)[^=&\s]*=)[^&\s]*",
    re.IGNORECASE,
)


def usable(text: str) -> bool:
    """Whether ``text`` may be a path: it holds no control character, and is UTF-8."""
    return not any(unicodedata.category(c) in ("Cc", "Cs") for c in text)


def shown(text: str) -> str:
    r"""``text`` in one line, each character that can't be seen as in a Python string: ``\x1b``, ``\n``.

    Such are control characters, those that turn the direction of writing, and all spaces but the plain one.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shown_lines(text: str) -> str:
    """The same for a text of several lines, which stay, and in which a tab is a space."""
    return "\n".join(shown(line.replace("\t", " ")) for line in text.split("\n"))


def without_password(text: str) -> str:
    """``text`` with ``***`` for each password in the address of a database or a server that stands in it.

    Such is what stands between the name of a user and the last ``@`` of the word, and what a key of a query
    has whose name tells.
    """
    return _PASSWORDS.sub(
        lambda found: f"{found['before']}***@" if found["before"] else f"{found['key']}***", text
    )


def near_names(name: str, known: Iterable[str]) -> str:
    """Says which of the known names are meant: the near ones first, else all of them."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=3)
    if near:
        return "did you mean " + " or ".join(near) + "?"
    return "accepted: " + ", ".join(known)


def joined(texts: Sequence[str], word: str, comma: bool = False) -> str:
    """A list in words: "a, b or c", or "a, b, or c" with a ``comma`` in front of the word."""
    *others, last = texts
    return f"{', '.join(others)}{',' * comma} {word} {last}" if others else last
