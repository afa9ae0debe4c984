"""Read-only memories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from amaranth.hdl import Module, Signal, Value
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from bnngen_hw.component import Part
from bnngen_hw.counting import index_range

RomStyle = Literal["block", "logic", "counted"]
"""Block RAM; LUTs with a register behind them; LUTs behind a register for the address, so that few address
bits are all that the logic behind the memory has to look at."""


def memory_attributes(style: str) -> dict[str, str]:
    """The attributes by which synthesis tools choose a memory's cells.

    ``rom_style`` and ``ram_style`` are read by yosys and Vivado alike; "logic" means no memory cell.
    Raises ValueError for a style other than "block", "distributed" and "logic".
    """
    if style not in ("block", "distributed", "logic"):
        raise ValueError(f"memory style must be 'block', 'distributed' or 'logic', not {style!r}")
    return {"ram_style": style, "rom_style": style}


class Rom(Part):
    """A memory that is never written, read in every cycle.

    Latency: ``latency`` cycles: 1, or 2 with ``registered``, which puts a register behind the memory. With
    one word the data is a constant, at any time.

    Ports: ``addr`` (in): the address of the word wanted ``latency`` cycles later; ``data`` (out, ``width``
    bits).

    Raises ValueError if there are no words, one does not fit ``width``, or the style is unknown.
    """

    def __init__(self, words: Sequence[int], width: int, style: RomStyle, registered: bool = False) -> None:
        if not words:
            raise ValueError("a ROM needs at least one word")
        if min(words) < 0 or max(words) >> width:
            raise ValueError(f"a ROM word does not fit {width} bits")
        self.words, self.width, self.style, self.registered = list(words), width, style, registered
        self._attributes = memory_attributes("logic" if style == "counted" else style)
        self.latency = 1 + registered
        super().__init__({"addr": In(index_range(len(words))), "data": Out(width)})

    @property
    def bits(self) -> int:
        """Bits of memory: 0 for a constant."""
        return len(self.words) * self.width if len(self.words) > 1 else 0

    def elaborate(self, platform: Any) -> Module:
        """One read port that is always enabled."""
        m = Module()
        if len(self.words) == 1:
            m.d.comb += self.data.eq(self.words[0])
            return m
        m.submodules.memory = memory = Memory(
            shape=self.width, depth=len(self.words), init=self.words, attrs=self._attributes
        )
        counted = self.style == "counted"
        port = memory.read_port(domain="comb" if counted else "sync")
        m.d.comb += port.addr.eq(self._later(m, self.addr) if counted else self.addr)
        m.d.comb += self.data.eq(self._later(m, port.data) if self.registered else port.data)
        return m

    def _later(self, m: Module, value: Value) -> Signal:
        later = Signal(len(value), reset_less=True)
        m.d.sync += later.eq(value)
        return later
