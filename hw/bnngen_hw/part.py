"""The base class of all hardware, and the signature of its streams."""

from __future__ import annotations

from inspect import signature
from typing import Any, Self

from amaranth.lib import stream, wiring


def bit_stream(width: int) -> Any:
    """The signature of a stream whose payload is a plain vector of ``width`` bits."""
    return stream.Signature(width)


class Part(wiring.Component):
    """A component that may also be made only to be asked: for its latency, its bits, its `compute`."""

    _MustUse__silence = True  # so Amaranth must not warn that it was never elaborated

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Remembers the arguments for `rebuilt`."""
        self: Self = super().__new__(cls, *args, **kwargs)
        self._given = args, kwargs
        return self

    def rebuilt(self, **changes: Any) -> Self:
        """The same, constructed anew with these arguments changed."""
        args, kwargs = self._given
        bound = signature(type(self).__init__).bind(self, *args, **kwargs)
        bound.arguments.update(changes)
        return type(self)(*bound.args[1:], **bound.kwargs)
