"""Pages from outside of docs/ on the site, and links that lead to where a page is there."""

from __future__ import annotations

import posixpath
import re

MOVED = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "examples/digits/README.md": "examples/digits.md",
    "examples/fan/README.md": "examples/fan.md",
    "examples/maps/README.md": "examples/maps.md",
    "examples/pictures/README.md": "examples/pictures.md",
    "examples/sound/README.md": "examples/sound.md",
}
"""Pages that are read in the repository and on the site: where they are in each."""


def site_place(path: str) -> str | None:
    """Where a file of the repository is on the site; None if it is not there."""
    return MOVED.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else None)


def with_site_links(text: str, path: str) -> str:
    """The text of the page ``path``, with links to where files are on the site.

    A link to a file that is not there becomes its label.
    """
    here = posixpath.dirname(site_place(path) or "") or "."

    def moved(match: re.Match[str]) -> str:
        label, link = match[1], match[2]
        if re.match(r"https?:|#", link):
            return match[0]
        file, mark, anchor = link.partition("#")
        place = site_place(posixpath.normpath(posixpath.join(posixpath.dirname(path), file)))
        return f"{label}({posixpath.relpath(place, here)}{mark}{anchor})" if place else label.strip("![]")

    return re.sub(r"(!?\[[^\]]*\])\(([^)\s]+)\)", moved, text)
