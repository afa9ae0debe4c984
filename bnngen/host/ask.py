"""All frames of a data set to a board, and its integers back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import InterfaceError
from bnngen.host.client import Client, Troubles
from bnngen.host.ports import LinkError, Port
from bnngen.host.protocol import Protocol
from bnngen_sim.interface import Interface
from bnngen_sim.link import SerialLink

Answer = Callable[[int, NDArray[np.int64]], None]
SERIAL_TIMEOUT_S = 1.0
SIMULATED_TIMEOUT_S = 30.0


@dataclass(frozen=True, eq=False)
class Answers:
    """The board's integers (N, output elements), int64, how long they took, and what went wrong meanwhile."""

    outputs: NDArray[np.int64]
    wall_s: float
    troubles: Troubles


def ask_board(
    port: Port,
    interface: Interface,
    link: SerialLink,
    codes: NDArray[np.integer],
    *,
    timeout_s: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Answers:
    """The answers to ``codes`` (N, ...) of the board at ``port``, several frames under way at a time.

    ``timeout_s`` of silence mean that something got lost; None: a second more than the line takes for all
    that is under way, and 30 s where the board may be a simulation. Raises LinkError and UsageError as
    `Client`, InterfaceError for codes that the accelerator does not take.
    """
    packed = interface.input.pack(codes.reshape(len(codes), -1))
    protocol = Protocol.of(interface, link)
    if timeout_s is None:
        timeout_s = SIMULATED_TIMEOUT_S if port.slow else SERIAL_TIMEOUT_S + _line_s(protocol, link)
    client = Client(port, protocol, buffer_bytes=link.buffer_bytes, timeout_s=timeout_s)
    sink = interface.output
    beats = np.empty((len(codes), sink.beats_per_frame, sink.bytes_per_beat), np.uint8)
    start = time.perf_counter()
    try:
        client.open()
        for done, (number, answer) in enumerate(client.ask(frame.tobytes() for frame in packed), 1):
            beats[number] = np.frombuffer(answer, np.uint8).reshape(beats.shape[1:])
            if progress:
                progress(done, len(codes))
    finally:
        port.close()
    try:
        outputs = sink.unpack(beats)
    except InterfaceError as error:
        raise LinkError(f"{port.name}: the board's answers are none of this design: {error}") from None
    return Answers(outputs, time.perf_counter() - start, client.troubles)


def _line_s(protocol: Protocol, link: SerialLink) -> float:
    """Seconds that the line is busy with all that may be under way."""
    frames = max(1, link.buffer_bytes // protocol.sent_bytes)
    return frames * 10 * max(protocol.sent_bytes, protocol.heard_bytes) / link.baud
