"""Ports are read from the constructors, and their formulas give the widths of real components."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Shape
from amaranth.lib.wiring import In, Out

from bnngen_hw.argmax import ArgMax
from bnngen_hw.buffers.feed import VectorFeed
from bnngen_hw.counting import index_range
from bnngen_hw.edges.axis import AxiStreamSink, tdata_bits
from bnngen_hw.edges.bytes import beat_layout
from bnngen_hw.edges.uart import UartStreamBridge
from bnngen_hw.encoding import Encoding
from bnngen_hw.part import Part, bit_stream
from bnngen_hw.pool import WindowMaximum
from bnngen_hw.roms.rom import Rom
from bnngen_hw.streams.credit import CreditFifo
from bnngen_hw.streams.fifo import Fifo
from bnngen_hw.streams.fork import Fork
from bnngen_hw.streams.pack import Pack, Unpack
from docs.generate.components import components
from docs.generate.ports import Port, ports_of

FUNCTIONS = {f.__name__: f for f in (index_range, tdata_bits, beat_layout)}
SIGNED = Encoding("signed", 5)
CASES: list[tuple[Part, dict[str, Any]]] = [
    (ArgMax(10, SIGNED, 3), {}),
    (AxiStreamSink(10, 3, 4), {}),
    (CreditFifo(7, 3), {}),
    (Fifo(6, 5), {}),
    (Pack(3, 8, 4), {}),
    (Unpack(3, 8, 4), {}),
    (Rom([1, 2, 3], 2, "logic"), {}),
    (UartStreamBridge(2, 3, 4, divisor=8), {}),
    (VectorFeed(12, 2, 3, 4), {"i_lanes": 3, "o_lanes": 4, "bits": 2}),
    (WindowMaximum(SIGNED, 2, 4, 1, np.zeros(4, bool), marked=True), {}),
]
"""Components, and parameters that they don't keep."""


@pytest.mark.parametrize(("part", "parameters"), CASES, ids=[type(part).__name__ for part, _ in CASES])
def test_the_formulas_are_the_widths(part: Part, parameters: dict[str, Any]) -> None:
    members = part.signature.members
    ports = ports_of(type(part))
    assert [port.name for port in ports] == list(members)
    for port in ports:
        member = members[port.name]
        assert port.direction == ("in" if member.flow is In else "out")
        shape = eval(port.width, FUNCTIONS | vars(part) | parameters)
        assert Shape.cast(shape).width == _width(member)


def _width(member: Any) -> int:
    """The bits of a signal, or of a stream's payload."""
    if member.is_port:
        return int(Shape.cast(member.shape).width)
    payload = "tdata" if "tdata" in member.signature.members else "payload"
    return int(Shape.cast(member.signature.members[payload].shape).width)


def test_numbered_ports() -> None:
    assert ports_of(Fork) == [
        Port("i", "in", "stream", "width"),
        Port("o<k>", "out", "stream", "width"),
    ]


def test_an_inherited_constructor_has_the_ports() -> None:
    class Named(Fifo):
        pass

    assert ports_of(Named) == ports_of(Fifo)


def test_a_component_that_hides_its_ports_is_refused() -> None:
    class Hidden(Part):
        def __init__(self) -> None:
            super().__init__(dict(i=In(1)))  # noqa: C408 - no literal

    with pytest.raises(LookupError, match="Hidden names no ports"):
        ports_of(Hidden)


def test_what_is_between_is_a_formula() -> None:
    class Wide(Part):
        def __init__(self, lanes: int, bits: int) -> None:
            width = lanes * bits
            i, o = In(bit_stream(width + 1)), Out(2 * width)
            members = {"i": i}
            super().__init__({**members, "o": o})

    assert ports_of(Wide) == [
        Port("i", "in", "stream", "lanes * bits + 1"),
        Port("o", "out", "signal", "2 * (lanes * bits)"),
    ]


def test_every_component_of_every_room_has_ports() -> None:
    rooms = components()
    assert {
        f"bnngen_hw.{room}" for room in ("arithmetic", "buffers", "edges", "engine", "roms", "streams")
    } < set(rooms)
    assert all(ports_of(kind) for kinds in rooms.values() for kind in kinds)
