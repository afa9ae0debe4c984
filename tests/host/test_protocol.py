"""The bytes of both protocols, by the examples that docs/protocol.md shows."""

from __future__ import annotations

from bnngen.host.protocol import Protocol
from bnngen_sim import Interface, Quantize, StreamFormat
from bnngen_sim.link import Link

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
    link = Link(2, 1_000_000, 30, 512, 77)
    interface = Interface(source, sink, False, Quantize("1", "0", "floor", -2, 1), link=link)
    assert Protocol.of(interface, link) == Protocol(2, 77, 3, 6)
