"""The bytes of both protocols, by the examples that docs/protocol.md shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bnngen.host.protocol import Protocol
from bnngen_hw.edges.protocol import HEADER, answer_check, request_check
from bnngen_sim import Interface, Quantize, StreamFormat
from bnngen_sim.link import SerialLink
from tests.host.test_client import ANSWER, FRAME, Board, truth

# a design with the number 0x12345678, frames of 3 bytes and answers of 2
CHECKED = Protocol(2, 0x12345678, 3, 2)


def test_a_request_and_its_answer() -> None:
    question = CHECKED.question(bytes.fromhex("01 02 03"))
    assert question.sent.hex(" ") == "a5 01 02 03"
    assert f"{question.check:08x}" == "c20bb780"
    assert CHECKED.answers(question, bytes.fromhex("2a 00 c0 f5 d8 81"))
    assert not CHECKED.answers(question, bytes.fromhex("2a 01 c0 f5 d8 81"))
    assert not CHECKED.answers(
        CHECKED.question(bytes.fromhex("01 02 04")), bytes.fromhex("2a 00 c0 f5 d8 81")
    )


def test_the_vectors_of_the_page() -> None:
    text = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
    vectors = re.findall(
        r"^\| `(\w{8})` \| `([^`]+)` \| `([^`]+)` \| `(\w{8})` \| `([^`]+)` \|$", text, re.MULTILINE
    )
    assert len(vectors) == 4
    for design, frame, answer, request, check in vectors:
        made = request_check(bytes.fromhex(frame), int(design, 16))
        assert f"{made:08x}" == request
        assert answer_check(bytes.fromhex(answer), made).to_bytes(4, "little") == bytes.fromhex(check)
    passed = answer_check(bytes.fromhex("2b 00"), request_check(bytes.fromhex("01 03 00"), 0x12345678))
    wanted = answer_check(bytes.fromhex("2b 00"), request_check(bytes.fromhex("01 02 03"), 0x12345678))
    assert f"2b 00 {passed.to_bytes(4, 'little').hex(' ')}  " in text
    assert f"would belong {wanted.to_bytes(4, 'little').hex(' ')}\n" in text


class Loopback:
    """A port as pyserial has it, at a board in Python; the first request loses a byte."""

    def __init__(self) -> None:
        self.board, self.coming, self.asked = Board(0x12345678), b"", 0

    def write(self, data: bytes) -> None:
        self.asked += data[0] == HEADER
        self.coming += self.board.feed(data[:2] + data[3:] if self.asked == 1 and data[0] == HEADER else data)

    def read(self, size: int) -> bytes:
        data, self.coming = self.coming[:size], self.coming[size:]
        return data


def test_the_host_of_the_page() -> None:
    text = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(example, "protocol.md", "exec"), names)
    port, frame = Loopback(), bytes(range(1, FRAME + 1))
    names["begin_anew"](port, FRAME)
    assert names["ask"](port, frame, ANSWER, 0x12345678) == truth(frame)
    assert port.asked == 2
    with pytest.raises(TimeoutError, match=r"^no right answer in 5 tries$"):
        names["ask"](port, frame, ANSWER, 1)


def test_sizes() -> None:
    assert (CHECKED.sent_bytes, CHECKED.heard_bytes) == (4, 6)
    assert CHECKED.begin_anew == bytes(4)
    bare = Protocol(1, 0, 3, 2)
    assert (bare.sent_bytes, bare.heard_bytes, bare.begin_anew) == (3, 2, b"")
    assert bare.question(b"abc").sent == b"abc"
    assert bare.answers(bare.question(b"abc"), b"xy")


def test_of_an_interface() -> None:
    source = StreamFormat(10, 4, 2, True, "int", 8, "NHWC")
    sink = StreamFormat(3, 1, 9, True, "int", 16, "NHWC")
    link = SerialLink(2, 1_000_000, 30, 512, 77)
    interface = Interface(source, sink, False, Quantize("1", "0", "floor", -2, 1), link=link)
    assert Protocol.of(interface, link) == Protocol(2, 77, 3, 6)
