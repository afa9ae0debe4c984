"""The ``link`` of ``interface.json``: how a host talks to the board's serial port."""

from __future__ import annotations

from dataclasses import dataclass

from bnngen_sim.attributes import is_int, require

PROTOCOLS = (1, 2)
"""Bare beats; requests with a header, and answers with a check."""
CURRENT_PROTOCOL = 2
_MOST_BYTES = 1 << 24
_MOST_AHEAD = 64


@dataclass(frozen=True)
class SerialLink:
    """A serial link with 8 data bits, no parity, 1 stop bit; docs/protocol.md says what goes over it.

    Raises InterfaceError if an attribute is of the wrong type or out of range.
    """

    protocol: int
    """One of `PROTOCOLS`."""
    baud: int
    """Bits a second."""
    cycles_per_bit: int
    """Those of the board's clock."""
    buffer_bytes: int
    """So many bytes of requests may be on their way or in the board without an answer."""
    design: int
    """The number of the design, 32 bits: the CRC-32 of its Verilog, with which each check starts."""
    ahead: int = 0
    """How many frames more than two may be in the accelerator at a time."""

    def __post_init__(self) -> None:
        ranges = {
            "baud": (1, 1_000_000_000),
            "cycles_per_bit": (4, 1 << 24),
            "buffer_bytes": (1, _MOST_BYTES),
            "design": (0, (1 << 32) - 1),
            "ahead": (0, _MOST_AHEAD),
        }
        known = is_int(self.protocol) and self.protocol in PROTOCOLS
        require(known, "protocol", self.protocol, f"one of {', '.join(map(str, PROTOCOLS))}")
        for name, (lo, hi) in ranges.items():
            value = getattr(self, name)
            require(is_int(value) and lo <= value <= hi, name, value, f"an integer from {lo} to {hi}")
