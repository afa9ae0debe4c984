"""The client at a board in Python, over lines that do everything but answer wrongly on purpose."""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.lossy_line import Noise

from bnngen.base.errors import UsageError
from bnngen.host import client as client_module
from bnngen.host.client import Client
from bnngen.host.ports import LinkError, PortLostError
from bnngen.host.protocol import Protocol
from bnngen_hw.edges.protocol import HEADER, answer_check, request_check

FRAME, ANSWER, DESIGN = 5, 3, 0xBADC0DE


def truth(frame: bytes) -> bytes:
    return zlib.crc32(frame).to_bytes(4, "big")[:ANSWER]


@dataclass
class Board:
    """The model of a board: bytes in, bytes out."""

    design: int = DESIGN
    frame: bytearray | None = None

    def feed(self, data: bytes) -> bytes:
        said = b""
        for byte in data:
            if self.frame is None:
                self.frame = bytearray() if byte == HEADER else None
                continue
            self.frame.append(byte)
            if len(self.frame) == FRAME:
                answer = truth(bytes(self.frame))
                check = answer_check(answer, request_check(bytes(self.frame), self.design))
                said += answer + check.to_bytes(4, "little")
                self.frame = None
        return said


@dataclass
class Line:
    """A port at a `Board`; with the probability ``gone`` the other side has gone, and comes back as new."""

    noise: Noise = field(default_factory=Noise)
    gone: float = 0.0
    board: Board = field(default_factory=Board)
    opens: bool = True
    name: str = "line"
    slow: bool = False
    coming: bytes = b""
    opened: int = 0

    def open(self) -> None:
        if not self.opens:
            raise PortLostError("nobody there")
        self.opened += 1
        self.coming = b""

    def write(self, data: bytes) -> None:
        self._maybe_gone()
        self.coming += self.noise.damaged(self.board.feed(self.noise.damaged(data)))

    def read(self, patience_s: float) -> bytes:
        self._maybe_gone()
        size = self.noise.rng.randint(1, 30)
        data, self.coming = self.coming[:size], self.coming[size:]
        return data

    def break_(self) -> None:
        pass

    def close(self) -> None:
        pass

    def _maybe_gone(self) -> None:
        if self.noise.rng.random() < self.gone:
            self.board = Board(self.board.design)
            raise PortLostError("gone")


PROTOCOL = Protocol(2, DESIGN, FRAME, ANSWER)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_REOPEN_S", 0)


def frames(count: int, seed: int = 0) -> list[bytes]:
    """Some come twice, many hold the header's byte."""
    rng = random.Random(seed)
    return [bytes(rng.choice([HEADER, 0, rng.randrange(256)]) for _ in range(FRAME)) for _ in range(count)]


def asked(line: Line, sent: list[bytes], buffer_bytes: int = 64, tries: int = 200) -> Client:
    """Asks, and looks at each answer."""
    client = Client(line, PROTOCOL, buffer_bytes=buffer_bytes, timeout_s=0.01, tries=tries)
    client.open()
    answers = dict(client.ask(sent))
    assert answers == {number: truth(frame) for number, frame in enumerate(sent)}
    return client


def test_a_quiet_line_needs_nothing_twice() -> None:
    client = asked(Line(), frames(300))
    assert client.troubles.repeated == 0
    assert client.troubles.passed_over == 0


@settings(max_examples=60, deadline=None)
@given(
    drop=st.sampled_from([0.0, 0.01, 0.05]),
    flip=st.sampled_from([0.0, 0.01, 0.05]),
    gone=st.sampled_from([0.0, 0.01]),
    buffer_bytes=st.sampled_from([1, 20, 400]),
    seed=st.integers(0, 10**6),
)
def test_every_answer_is_right_whatever_the_line_does(
    drop: float, flip: float, gone: float, buffer_bytes: int, seed: int
) -> None:
    line = Line(Noise(drop, flip, seed), gone)
    asked(line, frames(60, seed), buffer_bytes)


@pytest.mark.parametrize("left", range(1, FRAME + 1))
def test_a_board_in_the_middle_of_a_frame(left: int) -> None:
    """Somebody else went away after so many bytes."""
    line = Line()
    line.board.feed(bytes([HEADER]) + b"\xa5" * (FRAME - left))
    client = asked(line, frames(5))
    assert client.troubles.repeated == 0


def test_a_late_answer_to_another_frame_is_passed_over() -> None:
    line, sent = Line(), frames(3, 1)
    client = Client(line, PROTOCOL, buffer_bytes=1, timeout_s=0.01)
    client.open()
    line.coming = Board().feed(bytes([HEADER]) + b"other") + b"\x00"
    assert [answer for _, answer in client.ask(sent)] == [truth(frame) for frame in sent]
    assert client.troubles.passed_over >= ANSWER + 4 + 1


def test_another_design_never_answers() -> None:
    line = Line(board=Board(design=1))
    client = Client(line, PROTOCOL, buffer_bytes=64, timeout_s=0.01)
    client.open()
    with pytest.raises(
        LinkError, match=r"^line: no right answer in 20 tries in a row, though bytes come: does"
    ):
        list(client.ask(frames(5)))


def test_a_board_that_says_nothing() -> None:
    line = Line(Noise(drop=1.0))
    client = Client(line, PROTOCOL, buffer_bytes=64, timeout_s=0.01)
    client.open()
    with pytest.raises(LinkError, match=r"20 tries in a row, not even a byte: is it the board's port"):
        list(client.ask(frames(1)))


def test_a_board_that_never_comes_back() -> None:
    line = Line()
    client = Client(line, PROTOCOL, buffer_bytes=64, timeout_s=0.01)
    client.open()
    line.gone, line.opens = 1.0, False
    with pytest.raises(LinkError, match=r"tries in a row \(nobody there\)"):
        list(client.ask(frames(1)))


def test_nobody_at_the_port() -> None:
    client = Client(Line(opens=False), PROTOCOL, buffer_bytes=64, timeout_s=0.01)
    with pytest.raises(UsageError, match=r"^port 'line' can't be opened: nobody there$"):
        client.open()


def test_no_more_than_the_buffer_is_under_way() -> None:
    """In bytes of questions; one at least."""
    assert Client(Line(), PROTOCOL, buffer_bytes=1, timeout_s=1).most == 1
    assert Client(Line(), PROTOCOL, buffer_bytes=17, timeout_s=1).most == 2
