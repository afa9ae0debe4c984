"""Every docstring that mkdocstrings reads, as prose."""

from __future__ import annotations

from typing import Any

import griffe

from docs.generate.prose import prose


class Docstrings(griffe.Extension):
    """Rewrites the docstrings before they are taken apart."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called once for each module, class, function and attribute."""
        if obj.docstring:
            obj.docstring.value = prose(obj.docstring.value)
