"""What a host says and hears on the line, in bytes: both protocols behind one face, without numpy.

docs/protocol.md is the contract.
"""

from __future__ import annotations

from dataclasses import dataclass

from bnngen_hw.edges.protocol import CHECK_BYTES, FILLER, HEADER, answer_check, request_check
from bnngen_sim.interface import Interface
from bnngen_sim.link import SerialLink


@dataclass(frozen=True)
class Question:
    """A frame as it goes over the line, ``sent``; ``check`` is what its answer is bound to."""

    sent: bytes
    check: int


@dataclass(frozen=True)
class Protocol:
    """``version`` 1 or 2, the number of the ``design``, the bytes of a frame and of an answer, both without
    what the protocol adds."""

    version: int
    design: int
    frame_bytes: int
    answer_bytes: int

    @classmethod
    def of(cls, interface: Interface, link: SerialLink) -> Protocol:
        """That of a board with this ``link``."""
        source, sink = interface.input, interface.output
        frame = source.beats_per_frame * source.bytes_per_beat
        return cls(link.protocol, link.design, frame, sink.beats_per_frame * sink.bytes_per_beat)

    @property
    def checked(self) -> bool:
        """Whether answers carry a check; without it none can be told from noise."""
        return self.version > 1

    @property
    def sent_bytes(self) -> int:
        """Those of a question on the line."""
        return self.frame_bytes + self.checked

    @property
    def heard_bytes(self) -> int:
        """Those of an answer on the line."""
        return self.answer_bytes + self.checked * CHECK_BYTES

    @property
    def begin_anew(self) -> bytes:
        """What ends a question that has lost bytes, whatever it lacks. Empty in the first protocol: there it
        takes a break."""
        return bytes([FILLER]) * self.sent_bytes if self.checked else b""

    def question(self, frame: bytes) -> Question:
        """The question for a packed frame."""
        if not self.checked:
            return Question(frame, 0)
        return Question(bytes([HEADER]) + frame, request_check(frame, self.design))

    def answers(self, question: Question, heard: bytes) -> bool:
        """Whether these `heard_bytes` bytes are a whole answer to just this question."""
        if not self.checked:
            return True
        made, check = heard[:-CHECK_BYTES], heard[-CHECK_BYTES:]
        return answer_check(made, question.check) == int.from_bytes(check, "little")
