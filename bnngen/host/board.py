"""The virtual board of a build: its link and its accelerator as Verilog, in Verilator behind a TCP port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from amaranth.back import rtlil

from bnngen.emit.verilog import INTERFACE, as_verilog
from bnngen_hw.edges.link import LinkedAccelerator, StreamShape
from bnngen_sim.interface import Interface
from bnngen_sim.link import CURRENT_PROTOCOL, SerialLink
from bnngen_sim.virtual_board import TOP, VirtualBoard, virtual_board

VIRTUAL_LINK = SerialLink(CURRENT_PROTOCOL, baud=1_000_000, cycles_per_bit=8, buffer_bytes=4096, design=0)
"""That of a design whose board has none."""


@contextmanager
def board_of(rtl: Path, host: str = "127.0.0.1", port: int = 0) -> Iterator[VirtualBoard]:
    """Inside, the design in the folder ``rtl`` of a build runs as a virtual board.

    Raises InterfaceError, MissingToolError, SimulationError and UsageError as those below.
    """
    interface = Interface.load(rtl / INTERFACE)
    around = board_verilog(interface)
    with virtual_board(rtl, around, link_of(interface).cycles_per_bit, host, port) as board:
        yield board


def link_of(interface: Interface) -> SerialLink:
    """The link of a design, or that of its virtual board."""
    return interface.link or VIRTUAL_LINK


def board_verilog(interface: Interface) -> str:
    """The Verilog of the module `TOP` around the accelerator that ``interface`` describes."""
    link = link_of(interface)
    shape = StreamShape.from_interface({**asdict(interface), "link": asdict(link)})
    board = LinkedAccelerator(shape.bridge(link.cycles_per_bit, link.buffer_bytes))
    ports = [board.rx, board.tx, board.fault]
    return as_verilog(rtlil.convert(board, name=TOP, ports=ports, emit_src=False))
