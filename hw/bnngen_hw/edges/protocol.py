"""The second serial protocol in plain Python: docs/protocol.md is its contract."""

from __future__ import annotations

import zlib

HEADER = 0xA5
"""What a request begins with."""
FILLER = 0x00
"""What a host sends to end a request that has lost bytes: no request begins with it."""
CHECK_BYTES = 4
"""What an answer ends with."""


def request_check(frame: bytes, design: int) -> int:
    """The CRC-32 of a request's frame, started with the number of the ``design`` that is asked."""
    return zlib.crc32(frame, design)


def answer_check(answer: bytes, request: int) -> int:
    """The CRC-32 of an answer's bytes and of the check of its ``request`` behind them, most significant byte
    first: it fits this answer to that request only."""
    return zlib.crc32(request.to_bytes(CHECK_BYTES, "big"), zlib.crc32(answer))
