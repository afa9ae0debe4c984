"""Counters: the control of every component that knows where in a frame it is."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Const, Module, Mux, Signal, Value, signed
from numpy.typing import NDArray


def index_range(count: int) -> range:
    """The shape of an index of ``count`` things: one bit even for one thing, because Verilog has no vector of
    zero bits."""
    return range(max(count, 2))


class Counter:
    """Counts 0 .. ``limit`` - 1 and starts again. A limit of 1 needs no register.

    Attributes: ``value`` (a register), and ``last``, high while it is ``limit`` - 1.
    Raises ValueError if the limit is below 1.
    """

    def __init__(self, limit: int, name: str) -> None:
        if limit < 1:
            raise ValueError(f"counter {name}: the limit must be at least 1, not {limit}")
        self.limit = limit
        self.value = Signal(index_range(limit), name=name)
        self.last = Signal(name=f"{name}_last")

    def build(self, m: Module, enable: Any, restart: Any = None) -> Counter:
        """Adds the counter to ``m``. It advances in every cycle in which ``enable`` is high; to 0 after
        ``last``, or after a cycle with ``restart`` if that is given."""
        m.d.comb += self.last.eq(self.value == self.limit - 1 if self.limit > 1 else 1)
        if self.limit > 1:
            wraps = self.last if restart is None else restart
            with m.If(enable):
                m.d.sync += self.value.eq(Mux(wraps, 0, self.value + 1))
        return self


class BlockCounter:
    """Counts ``beats`` beats of a frame in blocks of ``per_block``; the last block may be shorter.

    Attributes: ``blocks``, the number of blocks in a frame; ``sizes``, their beats; ``end`` (signal), high at
    the last beat of a block; ``short`` (signal), high in a block with fewer than ``per_block`` beats.
    """

    def __init__(self, beats: int, per_block: int, name: str) -> None:
        self.sizes = block_sizes(beats, per_block)
        self._beat = Counter(min(per_block, beats), f"{name}_beat")
        self._block = Counter(len(self.sizes), f"{name}_block")
        self._rest = self.sizes[-1] if self.sizes[-1] < per_block else 0
        self.end = Signal(name=f"{name}_end")
        self.short = Signal(name=f"{name}_short")

    def build(self, m: Module, enable: Any) -> BlockCounter:
        """Adds the counter to ``m``; it advances in every cycle in which ``enable`` is high."""
        self._beat.build(m, enable, self.end)
        if not self._rest:
            m.d.comb += self.end.eq(self._beat.last)
            return self
        self._block.build(m, enable & self.end)
        m.d.comb += [
            self.short.eq(self._block.last),
            self.end.eq(Mux(self.short, self._beat.value == self._rest - 1, self._beat.last)),
        ]
        return self


def block_sizes(beats: int, per_block: int) -> list[int]:
    """The beats of each block of a frame of ``beats`` beats; only the last may be below ``per_block``."""
    full, rest = divmod(beats, per_block)
    return [per_block] * full + [rest] * bool(rest)


def lookup(m: Module, name: str, index: Value, values: NDArray[Any]) -> Value:
    """``values[index]`` as a signed number: logic, and little of it where few values differ from the most
    frequent one. An index behind the end has no value."""
    numbers = [int(v) for v in values] or [0]
    usual = max(set(numbers), key=numbers.count)
    bits = max(abs(n) for n in numbers).bit_length() + 1
    if set(numbers) == {usual}:
        return Const(usual, signed(bits))
    value = Signal(signed(bits), name=name)
    m.d.comb += value.eq(usual)
    with m.Switch(index):
        for other in sorted(set(numbers) - {usual}):
            with m.Case(*(k for k, n in enumerate(numbers) if n == other)):
                m.d.comb += value.eq(other)
    return value


def delay_line(m: Module, signal: Signal, cycles: int) -> list[Signal]:
    """``signal`` and its copies 1 .. ``cycles`` cycles later: entry k is k cycles late. They reset to 0."""
    line = [signal]
    for k in range(1, cycles + 1):
        line.append(Signal.like(signal, name=f"{signal.name}_{k}"))
        m.d.sync += line[k].eq(line[k - 1])
    return line
