"""The link of interface.json: what it may hold, and that files without one are read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bnngen.base.errors import InterfaceError
from bnngen_sim import Interface, Quantize, StreamFormat
from bnngen_sim.link import SerialLink

STREAM = StreamFormat(5, 2, 8, True, "int", 16, "NC")
PLAIN = Interface(STREAM, STREAM, False, Quantize("1", "0", "floor", -128, 127))
LINK = SerialLink(2, 1_000_000, 30, 512, 0xFFFFFFFF, 3)


def test_it_comes_back_as_it_was() -> None:
    linked = Interface(STREAM, STREAM, False, PLAIN.quantize, link=LINK)
    assert Interface.from_json(linked.to_json()) == linked
    assert "link" not in json.loads(PLAIN.to_json())
    assert Interface.from_json(PLAIN.to_json()).link is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"protocol": 3}, "link: protocol must be one of 1, 2, not 3"),
        ({"protocol": True}, "link: protocol must be one of 1, 2, not True"),
        ({"baud": 0}, "link: baud must be an integer from 1 to 1000000000, not 0"),
        ({"design": 1 << 32}, "link: design must be an integer from 0 to 4294967295, not 4294967296"),
        ({"design": "1"}, "link: design must be an integer from 0 to 4294967295, not '1'"),
        ({"cycles_per_bit": 3}, "link: cycles_per_bit must be an integer from 4 to 16777216, not 3"),
        ({"buffer_bytes": 0}, "link: buffer_bytes must be an integer from 1 to 16777216, not 0"),
        ({"ahead": -1}, "link: ahead must be an integer from 0 to 64, not -1"),
        (
            {"parity": 1},
            "link: unknown key 'parity'; the keys are protocol, baud, cycles_per_bit, buffer_bytes, design, ahead",
        ),
    ],
)
def test_what_it_may_hold(change: dict[str, Any], message: str) -> None:
    data = json.loads(Interface(STREAM, STREAM, False, PLAIN.quantize, link=LINK).to_json())
    data["link"] |= change
    with pytest.raises(InterfaceError) as caught:
        Interface.from_data(data)
    assert str(caught.value) == message
