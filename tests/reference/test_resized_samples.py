"""The record of samples that become smaller and are quantised then."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bnngen.reference.raw_rules import rules_of
from bnngen.reference.resize import Resize
from bnngen.reference.resized_samples import ResizedSamples

RULES = ResizedSamples(Resize((8, 6, 3), (4, 5), "uint8"), False)


@pytest.mark.parametrize("places_last", [False, True])
def test_a_record_reads_back(places_last: bool) -> None:
    rules = ResizedSamples(RULES.resize, places_last)
    assert rules_of(json.loads(json.dumps(rules.to_data()))) == rules
    assert (rules.values, rules.elements) == (144, 60)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("order", ["place"], "the order of its 'samples'"),
        ("resize", None, "has no shape"),
        ("shape", [4, 5, 0], "a list of numbers above 0"),
    ],
)
def test_a_damaged_record_is_refused(key: str, value: Any, says: str) -> None:
    data = RULES.to_data()
    data["samples"][key] = value
    with pytest.raises(ValueError, match=says):
        rules_of(data)
