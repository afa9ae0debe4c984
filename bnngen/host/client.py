"""Asks a board frame after frame, over a line that loses, changes and delays what it likes.

An answer is taken only if its check fits the frame that was asked; whatever else comes is passed over. What
gets no answer is asked again.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bnngen.base.errors import UsageError
from bnngen.host.ports import LinkError, Port, PortLostError
from bnngen.host.protocol import Protocol, Question

TRIES = 20
"""So often in a row nothing may come of a question before the client gives up."""
_REOPEN_S = 0.5
_MOST_AT_ONCE = 64


@dataclass
class Troubles:
    """What went wrong on the way: ``repeated`` questions, bytes ``passed_over``, times the port was
    ``reopened``."""

    repeated: int = 0
    passed_over: int = 0
    reopened: int = 0


class Client:
    """A host at a ``port``. Raises LinkError when it gives up, and what the port raises.

    ``buffer_bytes``: so many bytes of questions may be without an answer. ``timeout_s``: so long nothing at
    all comes before a question counts as lost. ``tries`` in a row may fail.
    """

    def __init__(
        self, port: Port, protocol: Protocol, *, buffer_bytes: int, timeout_s: float, tries: int = TRIES
    ) -> None:
        self.port, self.protocol, self.timeout_s, self.tries = port, protocol, timeout_s, tries
        self.most = max(1, min(_MOST_AT_ONCE, buffer_bytes // protocol.sent_bytes))
        self.troubles = Troubles()
        self._window = self.most
        self._failures = 0
        self._silent = True
        self._trouble = ""
        self._heard = bytearray()
        self._asked: deque[tuple[int, Question]] = deque()
        self._waiting: deque[tuple[int, Question]] = deque()

    def open(self) -> None:
        """Opens the port and begins anew. Raises UsageError if nobody is there."""
        try:
            self.port.open()
        except PortLostError as error:
            raise UsageError(f"port {self.port.name!r} can't be opened: {error}") from None
        self._again(self._begin)

    def ask(self, frames: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
        """The answer to each of the packed ``frames`` with the frame's number, in the order in which they
        come: that of the frames, unless some were asked again."""
        rest = enumerate(frames)
        while True:
            while len(self._waiting) < self._window and (one := next(rest, None)) is not None:
                self._waiting.append((one[0], self.protocol.question(one[1])))
            if not self._waiting and not self._asked:
                return
            try:
                self._send()
                yield from self._listen()
            except PortLostError:
                self._lost()
                self._again(self._open)

    def _send(self) -> None:
        while self._waiting and len(self._asked) < self._window:
            self._asked.append(self._waiting.popleft())
            self.port.write(self._asked[-1][1].sent)

    def _listen(self) -> Iterator[tuple[int, bytes]]:
        """Takes what comes; if nothing does, or all of it is no answer, asks again."""
        data = self.port.read(self.timeout_s)
        self._heard += data
        self._silent = self._silent and not data
        yield from self._answers()
        if self._asked and (not data or len(self._heard) >= len(self._asked) * self.protocol.heard_bytes):
            self._lost()
            self._again(self._begin)

    def _answers(self) -> Iterator[tuple[int, bytes]]:
        """The answers in what was heard. What stands before one is passed over, and so are the questions
        before its own: they will be asked again."""
        size, at = self.protocol.heard_bytes, 0
        while self._asked and at + size <= len(self._heard):
            piece = bytes(self._heard[at : at + size])
            place = next((k for k, (_, q) in enumerate(self._asked) if self.protocol.answers(q, piece)), None)
            if place is None:
                at += 1
                continue
            skipped = [self._asked.popleft() for _ in range(place)]
            self._repeat(skipped)
            number, _ = self._asked.popleft()
            self.troubles.passed_over += at
            del self._heard[: at + size]
            at = 0
            self._failures = 0
            self._window = min(self.most, self._window + 1)
            yield number, piece[: self.protocol.answer_bytes]

    def _repeat(self, questions: Iterable[tuple[int, Question]]) -> None:
        found = list(questions)
        self.troubles.repeated += len(found)
        self._waiting.extendleft(reversed(found))

    def _lost(self) -> None:
        """Nothing more is awaited; fewer questions go out at once."""
        self._repeat(self._asked)
        self._asked.clear()
        self._window = max(1, self._window // 2)

    def _again(self, attempt: Callable[[], None]) -> None:
        """Tries until it works. Raises LinkError after too many failures."""
        while True:
            self._failures += 1
            if self._failures > self.tries:
                raise LinkError(self._complaint())
            try:
                attempt()
                return
            except PortLostError as error:
                self._trouble = f" ({error})"
                time.sleep(_REOPEN_S)
                attempt = self._open

    def _open(self) -> None:
        self.troubles.reopened += 1
        self.port.open()
        self._begin()

    def _begin(self) -> None:
        """Begins anew: an unfinished question on the board is ended, and what is still on its way is heard
        out, as far as it comes at once."""
        self.troubles.passed_over += len(self._heard)
        self._heard.clear()
        if self.protocol.checked:
            self.port.write(self.protocol.begin_anew)
        else:
            self.port.break_()
        quiet = min(self.timeout_s, 0.05)
        end = time.monotonic() + self.timeout_s
        while (data := self.port.read(quiet)) and time.monotonic() < end:
            self.troubles.passed_over += len(data)

    def _complaint(self) -> str:
        found = f"{self.port.name}: no right answer in {self.tries} tries in a row{self._trouble}"
        if self._silent:
            return f"{found}, not even a byte: is it the board's port, and is the bitstream loaded?"
        return f"{found}, though bytes come: does the board hold another design, or is the line disturbed?"
