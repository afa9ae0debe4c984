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

    def __init__(self, ports: dict[str, Any]) -> None:
        """With these ``ports``, by name, which are made once one is asked for: what is not built needs none,
        and they take longer than all the rest."""
        self._unmade = ports

    def __getattr__(self, name: str) -> Any:
        """A port that is asked for first."""
        if name in self.__dict__.get("_unmade", ()):
            self._make_ports()
            return getattr(self, name)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def _make_ports(self) -> None:
        if "_unmade" in self.__dict__:
            super().__init__(self.__dict__.pop("_unmade"))

    @property
    def signature(self) -> Any:
        """That of the ports: see `wiring.Component`."""
        self._make_ports()
        return super().signature

    def rebuilt(self, **changes: Any) -> Self:
        """The same, constructed anew with these arguments changed."""
        args, kwargs = self._given
        bound = signature(type(self).__init__).bind(self, *args, **kwargs)
        bound.arguments.update(changes)
        return type(self)(*bound.args[1:], **bound.kwargs)
