"""The base class of all hardware, and the signature of its streams."""

from __future__ import annotations

from typing import Any

from amaranth.lib import stream, wiring


def bit_stream(width: int) -> Any:
    """The signature of a stream whose payload is a plain vector of ``width`` bits."""
    return stream.Signature(width)


class Part(wiring.Component):
    """A component that may also be made only to be asked: for its latency, its bits, its `compute`."""

    _MustUse__silence = True  # so Amaranth must not warn that it was never elaborated
