"""Lines that lose and change bytes, split and delay them: in memory, and as a TCP proxy."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_PIECE_BYTES = 4096


@dataclass
class Noise:
    """Each byte is dropped or has a bit flipped with these probabilities."""

    drop: float = 0.0
    flip: float = 0.0
    seed: int = 0
    faults: int = 0
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)

    def damaged(self, data: bytes) -> bytes:
        """What is left of ``data``."""
        left = bytearray()
        for byte in data:
            lucky = self.rng.random()
            if lucky < self.drop:
                self.faults += 1
            elif lucky < self.drop + self.flip:
                self.faults += 1
                left.append(byte ^ 1 << self.rng.randrange(8))
            else:
                left.append(byte)
        return bytes(left)

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """The damaged ``data`` in pieces of random sizes."""
        left = self.damaged(data)
        while left:
            size = self.rng.randint(1, 40)
            yield left[:size]
            left = left[size:]


class LossyProxy:
    """Passes bytes between TCP clients and ``target``, a host and a port, with noise and delays.

    It ends a connection whose other side has gone. One client at a time.
    """

    def __init__(self, target: tuple[str, int], noise: Noise, longest_delay_s: float = 0.0) -> None:
        self.target, self.noise, self.delay = target, noise, longest_delay_s
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._done = False

    def serve(self) -> None:
        """Until `close`."""
        while not self._done:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client, suppress(OSError), socket.create_connection(self.target, 5) as board:
                ways = [
                    threading.Thread(target=self._pass, args=way)
                    for way in ((client, board), (board, client))
                ]
                for way in ways:
                    way.start()
                for way in ways:
                    way.join()

    def close(self) -> None:
        """No further client."""
        self._done = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_PIECE_BYTES):
                for piece in self.noise.pieces(data):
                    if self.delay and self.noise.rng.random() < 0.02:
                        time.sleep(self.noise.rng.uniform(0, self.delay))
                    sink.sendall(piece)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def lossy_proxy(target: tuple[str, int], noise: Noise, longest_delay_s: float = 0.0) -> Iterator[LossyProxy]:
    """Inside, a `LossyProxy` runs in a thread of its own."""
    proxy = LossyProxy(target, noise, longest_delay_s)
    thread = threading.Thread(target=proxy.serve)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join(10)
