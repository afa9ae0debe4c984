"""Names in metadata and in interface.json, and what is said of damaged ones."""

from __future__ import annotations

import json

import pytest

from bnngen.reference.names import NO_NAMES, Names, names_in_metadata, names_of
from bnngen.reference.preprocessing import NumberColumn, Preprocessing

RULES = Preprocessing((NumberColumn("size", (0.5,), True, -1, 2),))
NAMES = Names(("größer", "b"), ("size",), RULES)


@pytest.mark.parametrize("names", [NO_NAMES, NAMES, Names(classes=("a",))])
def test_names_read_back(names: Names) -> None:
    assert names_in_metadata({"author": "x", **names.to_metadata()}) == names
    assert names_of({"class_index": False, **json.loads(json.dumps(names.to_data()))}) == names


def test_what_is_unknown_is_not_written() -> None:
    assert NO_NAMES.to_metadata() == NO_NAMES.listed() == {}
    assert NAMES.listed() == {"classes": ["größer", "b"], "columns": ["size"]}
    assert set(NAMES.to_metadata()) == {"bnngen.classes", "bnngen.columns", "bnngen.preprocessing"}


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("classes", "{", "classes: it is not JSON"),
        ("classes", "[1]", "classes: it is no list of names"),
        ("columns", '["a", "a"]', "columns: it has a name twice"),
        ("preprocessing", "{}", "preprocessing: it has no 'rounding'"),
    ],
)
def test_damaged_metadata(key: str, value: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        names_in_metadata({f"bnngen.{key}": value})
