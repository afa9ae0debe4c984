"""Parts of read-only memories, each of which is one block RAM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Cat, Const, Elaboratable, Module, Signal, Value
from amaranth.lib.memory import Memory


def memory_attributes(style: str) -> dict[str, str]:
    """The attributes by which synthesis tools choose a memory's cells.

    ``rom_style`` and ``ram_style`` are read by yosys and Vivado alike; "logic" means no memory cell, "huge"
    the largest ones, which can't be read and written at once. Raises ValueError for any other style.
    """
    styles = ("block", "distributed", "huge", "logic")
    if style not in styles:
        raise ValueError(f"memory style must be one of {', '.join(styles)}, not {style!r}")
    return {"ram_style": style, "rom_style": style}


@dataclass(frozen=True, eq=False)
class RomPort:
    """One port of ``memory``: ``data`` (out) is, one cycle later, the word at ``addr`` (in) of ``words``."""

    memory: SharedRom
    words: Sequence[int]
    addr: Signal
    data: Signal


class SharedRom(Elaboratable):
    """Two ROMs in one memory of ``depth`` words (a power of two), each read at its own port in every cycle.

    ``contents``: the words and the width of each; ``ports``: their ports.

    The first one's words lie from the bottom up. The second one's lie in the upper half, or, if either takes
    more than a half, from the top down: its addresses cost an inverter a bit at the most, never an adder.
    Latency 1 cycle. Belongs to no engine: instantiate it once, wherever both can be reached.

    Raises ValueError unless there are two ROMs whose words fit.
    """

    _MustUse__silence = True  # it may be made only to be counted

    def __init__(self, depth: int, contents: Sequence[tuple[Sequence[int], int]]) -> None:
        if len(contents) != 2 or sum(len(words) for words, _ in contents) > depth:
            lengths = " + ".join(str(len(words)) for words, _ in contents)
            raise ValueError(f"a shared memory of {depth} words holds two ROMs, not {lengths} words")
        self.depth = depth
        self.ports = [
            RomPort(self, words, Signal(range(len(words)), name=f"addr{k}"), Signal(width, name=f"data{k}"))
            for k, (words, width) in enumerate(contents)
        ]

    def elaborate(self, platform: Any) -> Module:
        """One memory, a read port for each ROM."""
        m = Module()
        width = max(len(port.data) for port in self.ports)
        m.submodules.memory = memory = Memory(
            shape=width, depth=self.depth, init=self._contents(), attrs=memory_attributes("block")
        )
        for number, port in enumerate(self.ports):
            read = memory.read_port()
            m.d.comb += read.addr.eq(self._upper(port.addr) if number else port.addr)
            m.d.comb += port.data.eq(read.data)
        return m

    @property
    def _halves(self) -> bool:
        return all(2 * len(port.words) <= self.depth for port in self.ports)

    def _upper(self, addr: Signal) -> Value:
        ones = (self.depth - 1).bit_length() - len(addr)
        if self._halves:
            return Cat(addr, Const(0, ones - 1), Const(1, 1))
        return Cat(~addr, Const((1 << ones) - 1, ones))

    def _contents(self) -> list[int]:
        words = [0] * self.depth
        for number, port in enumerate(self.ports):
            for index, word in enumerate(port.words):
                upper = self.depth // 2 + index if self._halves else self.depth - 1 - index
                words[upper if number else index] = word
        return words


@dataclass(frozen=True, eq=False)
class RomPiece:
    """``width`` stored columns from ``column`` on, of ``depth`` words from ``first`` on.

    Pieces of the same columns have the same ``stride``, a power of two: the distance of their first words.
    ``port``: the port of a `SharedRom` that holds the piece; None for a memory of its own.
    """

    column: int
    width: int
    first: int
    depth: int
    stride: int
    port: RomPort | None = None


RomPieces = tuple[RomPiece, ...]
"""How the columns of a ROM are stored; none: in one memory."""
