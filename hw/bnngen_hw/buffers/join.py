"""Several streams become one, word by word; each waits in a queue of its own until its turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from bnngen_hw.buffers.word_queue import word_queue, words_waiting
from bnngen_hw.component import StreamComponent
from bnngen_hw.counting import Counter, lookup
from bnngen_hw.encoding import Encoding
from bnngen_hw.part import bit_stream
from bnngen_hw.timing import Cycles, queue


class Join(StreamComponent):
    """Takes ``counts[k]`` words from each input k in turn, ``groups`` times a frame, and sends them in that
    order.

    Words have ``lanes`` elements; those of input k come in ``encodings[k]`` and leave in ``out``, which must
    hold all values. One word per cycle; the queues hold ``capacities`` words (2 each by default) in RAM of
    ``style``. Latency: 3 cycles from a word to its place in the output, if that is all it waits for.
    ``i<k>.ready`` comes from registers.

    Ports: ``i0``, ``i1``, ...: streams of ``lanes`` elements; ``o``: stream of ``lanes`` elements.
    """

    waits = True

    def __init__(
        self,
        lanes: int,
        encodings: Sequence[Encoding],
        out: Encoding,
        counts: Sequence[int],
        groups: int,
        capacities: Sequence[int] | None = None,
        style: str = "block",
    ) -> None:
        self.lanes, self.encodings, self.out, self.counts, self.groups = lanes, encodings, out, counts, groups
        self.style = style
        self.queues = [
            word_queue(groups * count, lanes * encoding.bits, capacity, style)
            for count, encoding, capacity in zip(
                counts, encodings, capacities or [2] * len(counts), strict=True
            )
        ]
        ports = {f"i{k}": In(bit_stream(lanes * encoding.bits)) for k, encoding in enumerate(encodings)}
        super().__init__({**ports, "o": Out(bit_stream(lanes * out.bits))})

    def with_capacities(self, words: Sequence[int]) -> Join:
        """The same with queues for so many words."""
        return self.rebuilt(capacities=words)

    @property
    def block_rams(self) -> list[tuple[int, int]]:
        """Those of the queues."""
        return [memory for part in self.queues for memory in part.block_rams]

    @property
    def buffer_bits(self) -> int:
        """Bits of the queues."""
        return sum(part.buffer_bits for part in self.queues)

    @property
    def interval(self) -> int:
        """Cycles per frame in steady state, with queues that hold enough."""
        return sum(self.counts) * self.groups

    def arrivals(self, *t: NDArray[np.integer]) -> Cycles:
        """The output beats' cycles, for inputs whose beats become available in the cycles ``t``, if the
        queues have room for all of them; several frames may follow one another."""
        return self._taken(t)[0] + 1

    def words_held(self, *t: NDArray[np.integer]) -> list[int]:
        """For each input, the most words that wait in its queue at any time."""
        _, taken = self._taken(t)
        return [words_waiting(come, go) for come, go in zip(t, taken, strict=True)]

    def _taken(self, t: Sequence[NDArray[np.integer]]) -> tuple[Cycles, list[Cycles]]:
        """The cycles in which words leave the queues: all of them in order, and those of each input."""
        ready = [(queue(come) + 2).reshape(-1, count) for come, count in zip(t, self.counts, strict=True)]
        order = queue(np.concatenate(ready, axis=1).ravel())
        parts = np.split(order.reshape(-1, sum(self.counts)), np.cumsum(self.counts)[:-1], axis=1)
        return order, [part.ravel() for part in parts]

    def elaborate(self, platform: Any) -> Module:
        """The queues, and a register that takes from the one whose turn it is."""
        m = Module()
        takes, full = Signal(), Signal()
        turn = Counter(sum(self.counts), "turn").build(m, takes)
        place = np.repeat(np.arange(len(self.counts)), self.counts)
        chosen = lookup(m, "chosen", turn.value, place).as_unsigned()
        words, valids = [], []
        for k, part in enumerate(self.queues):
            m.submodules[f"queue{k}"] = part
            port = getattr(self, f"i{k}")
            m.d.comb += [
                part.i.payload.eq(port.payload),
                part.i.valid.eq(port.valid),
                port.ready.eq(part.i.ready),
                part.o.ready.eq(takes & (chosen == k)),
            ]
            words.append(self._recoded(m, part.o.payload, k))
            valids.append(part.o.valid)
        payload = Signal(self.lanes * self.out.bits, reset_less=True)
        m.d.comb += [
            takes.eq((~full | self.o.ready) & Array(valids)[chosen]),
            self.o.valid.eq(full),
            self.o.payload.eq(payload),
        ]
        with m.If(takes):
            m.d.sync += [payload.eq(Array(words)[chosen]), full.eq(1)]
        with m.Elif(self.o.ready):
            m.d.sync += full.eq(0)
        return m

    def _recoded(self, m: Module, word: Value, k: int) -> Signal:
        """A word of input k in the output's encoding."""
        bits = self.encodings[k].bits
        recoded = Signal(self.lanes * self.out.bits, name=f"word{k}")
        m.d.comb += recoded.eq(
            Cat(self._element(word[n * bits : (n + 1) * bits], self.encodings[k]) for n in range(self.lanes))
        )
        return recoded

    def _element(self, code: Value, encoding: Encoding) -> Value:
        if encoding == self.out:
            return code
        if encoding.kind == "bipolar":
            low, high = self.out.encode(np.array([-1, 1])).tolist()
            return Mux(code[0], Const(high, self.out.bits), Const(low, self.out.bits))
        top = code[-1] if encoding.kind == "signed" else Const(0, 1)
        return Cat(code, top.replicate(self.out.bits - encoding.bits))
