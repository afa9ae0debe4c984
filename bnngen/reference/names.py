"""What a network's numbers stand for: the names and the preprocessing that travel with it.

They stand in the metadata of the model file, and in ``interface.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bnngen.base.strict_json import parse
from bnngen.reference.raw_rules import RawRules, rules_of

PREFIX = "bnngen."
"""In front of the keys in a model file."""
KEYS = ("classes", "columns", "preprocessing")


@dataclass(frozen=True)
class Names:
    """``classes``: the name of each class, by its index. ``columns``: the raw columns, in the order in which
    hosts take them. ``preprocessing``: how these become codes. Empty or None: the file says nothing."""

    classes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    preprocessing: RawRules | None = None

    def listed(self) -> dict[str, list[str]]:
        """The classes and the columns, those that are known, as reports show them."""
        lists = {"classes": list(self.classes), "columns": list(self.columns)}
        return {key: value for key, value in lists.items() if value}

    def to_data(self) -> dict[str, Any]:
        """What is known, as it stands in ``interface.json``."""
        rules = self.preprocessing
        return {**self.listed(), **({} if rules is None else {"preprocessing": rules.to_data()})}

    def to_metadata(self) -> dict[str, str]:
        """What is known, as it stands in a model file: JSON."""
        return {
            f"{PREFIX}{key}": json.dumps(value, ensure_ascii=False) for key, value in self.to_data().items()
        }


NO_NAMES = Names()
"""Those of a file that says nothing."""


def names_of(data: Mapping[str, Any]) -> Names:
    """The names in the contents of an ``interface.json``. Raises ValueError that begins with the key."""
    made: dict[str, Any] = {}
    for key in KEYS:
        if data.get(key) is not None:
            try:
                made[key] = rules_of(data[key]) if key == "preprocessing" else _texts(data[key])
            except ValueError as error:
                raise ValueError(f"{key}: {error}") from None
    return Names(**made)


def names_in_metadata(metadata: Mapping[str, str]) -> Names:
    """The names in the metadata of a model file; other keys are passed over. Raises ValueError that begins
    with the key."""
    data = {}
    for key in KEYS:
        if f"{PREFIX}{key}" in metadata:
            try:
                data[key] = parse(metadata[f"{PREFIX}{key}"])
            except ValueError as error:
                raise ValueError(f"{key}: {error}") from None
    return names_of(data)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("it is no list of names")
    if len(set(value)) < len(value):
        raise ValueError("it has a name twice")
    return tuple(value)
