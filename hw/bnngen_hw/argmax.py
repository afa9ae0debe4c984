"""The class index of the greatest score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from bnngen_hw.beats import beat_count
from bnngen_hw.component import StreamComponent
from bnngen_hw.counting import Counter, delay_line, lookup
from bnngen_hw.encoding import Encoding
from bnngen_hw.part import bit_stream
from bnngen_hw.streams.credit import CreditFifo
from bnngen_hw.timing import Cycles, full_rate_depth, queue

Candidate = tuple[Value, list[Value]]
"""A score as an unsigned number that keeps the order, and the bits of its lane, the lowest first."""


class ArgMax(StreamComponent):
    """The index of the greatest of ``elements`` scores; of equal ones, the lowest index. Frames of several
    ``positions`` are that many times so many scores, and one index for each.

    Where there are ``offsets``, one for each element, score * 2**``shift`` + offset is compared. A tree
    over the ``lanes`` scores of a beat, registered after each level, then the best so far. One beat per
    cycle; ``latency`` cycles from a position's last beat to its index. ``i.ready`` comes from registers.

    Ports: ``i``, stream of ``lanes`` scores in the encoding ``score``; ``o``, stream of the index,
    ``index_bits`` wide, one beat per position.

    Raises ValueError if there are no elements, lanes or positions, or the lanes of a beat see two positions.
    """

    def __init__(
        self,
        elements: int,
        score: Encoding,
        lanes: int,
        positions: int = 1,
        shift: int = 0,
        offsets: Sequence[int] = (),
    ) -> None:
        if elements < 1 or lanes < 1:
            raise ValueError(f"argmax needs at least one element and lane, not {elements} and {lanes}")
        if positions < 1 or (positions > 1 and elements % lanes):
            raise ValueError(f"{lanes} lanes don't take {elements} scores at each of {positions} positions")
        if len(offsets) not in (0, elements):
            raise ValueError(f"{len(offsets)} offsets are given for {elements} scores")
        self.elements, self.score, self.lanes, self.positions = elements, score, lanes, positions
        self.shift, self.offsets = shift, tuple(offsets)
        self.beats = beat_count(elements, lanes)
        self.index_bits = max(1, (elements - 1).bit_length())
        self._levels = (lanes - 1).bit_length()
        self.latency = self._levels + 1
        super().__init__({"i": In(bit_stream(lanes * score.bits)), "o": Out(bit_stream(self.index_bits))})

    @property
    def interval(self) -> int:
        """Cycles per frame in steady state."""
        return self.beats * self.positions

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """See `timing`."""
        return queue(t)[self.beats - 1 :: self.beats] + self.latency

    def compute(self, scores: NDArray[np.integer]) -> NDArray[np.int64]:
        """The indices (n,) for scores (n, elements)."""
        compared = (scores << self.shift) + np.array(self.offsets) if self.offsets else scores
        result: NDArray[np.int64] = np.argmax(compared, axis=1).astype(np.int64)
        return result

    def elaborate(self, platform: Any) -> Module:
        """Intake, tree, best so far, FIFO."""
        m = Module()
        depth = full_rate_depth(self.latency, self.beats)
        m.submodules.fifo = fifo = CreditFifo(self.index_bits, depth)
        accept, last = Signal(name="accept"), Signal(name="last")
        beat = Counter(self.beats, "beat").build(m, accept)
        m.d.comb += [
            self.i.ready.eq(fifo.free | ~beat.last),
            accept.eq(self.i.valid & self.i.ready),
            last.eq(accept & beat.last),
            fifo.promise.eq(last),
            fifo.push.eq(delay_line(m, last, self._levels)[-1]),
            self.o.valid.eq(fifo.o.valid),
            self.o.payload.eq(fifo.o.payload),
            fifo.o.ready.eq(self.o.ready),
        ]
        best = self._tree(m, beat)
        m.d.comb += fifo.payload.eq(self._best(m, best, delay_line(m, accept, self._levels)[-1], fifo.push))
        return m

    def _keys(self, m: Module, beat: Counter) -> list[Candidate]:
        """The beat's scores as unsigned numbers. A lane that holds no element gets the least, 0: its index is
        higher than those of all that do, so it never wins."""
        last = beat.last
        if self.offsets:
            return self._moved_keys(m, beat)
        bits, filled = self.score.bits, self.elements - (self.beats - 1) * self.lanes
        flip = 1 << (bits - 1) if self.score.kind == "signed" else 0
        keys: list[Candidate] = []
        for lane in range(self.lanes):
            key = Signal(bits, name=f"key{lane}")
            flipped = self.i.payload[lane * bits : (lane + 1) * bits] ^ flip
            m.d.comb += key.eq(Mux(last, 0, flipped) if flip and lane >= filled else flipped)
            keys.append((key, []))
        return keys

    def _moved_keys(self, m: Module, beat: Counter) -> list[Candidate]:
        """The same with the offsets, as the distance from the least number that there can be."""
        bits, filled = self.score.bits, self.elements - (self.beats - 1) * self.lanes
        least, greatest = min(self.offsets), (self.score.hi - self.score.lo) << self.shift
        table = (
            np.array([*self.offsets, *[least] * (self.beats * self.lanes - self.elements)], object) - least
        )
        width = max(1, (greatest + int(table.max())).bit_length())
        step = self.shift + (self.score.kind == "bipolar")  # bits stand for numbers 2 apart
        flip = 1 << (bits - 1) if self.score.kind == "signed" else 0
        keys: list[Candidate] = []
        for lane in range(self.lanes):
            key = Signal(width, name=f"key{lane}")
            distance = self.i.payload[lane * bits : (lane + 1) * bits] ^ flip
            moved = (distance << step) + lookup(m, f"offset{lane}", beat.value, table[lane :: self.lanes])
            m.d.comb += key.eq(Mux(beat.last, 0, moved) if lane >= filled else moved)
            keys.append((key, []))
        return keys

    def _tree(self, m: Module, beat: Counter) -> Candidate:
        """The beat's best, after one register per level; each level adds one bit to the lane."""
        nodes = self._keys(m, beat)
        for level in range(self._levels):
            pairs = [nodes[k : k + 2] for k in range(0, len(nodes), 2)]
            nodes = [self._node(m, pair, f"{level}_{k}") for k, pair in enumerate(pairs)]
        return nodes[0]

    def _node(self, m: Module, pair: list[Candidate], name: str) -> Candidate:
        (key, lane), (other_key, other_lane) = pair[0], pair[-1]
        right = Signal(name=f"right{name}")
        best = Signal(len(key), name=f"best{name}", reset_less=True)
        place = Signal(len(lane) + 1, name=f"lane{name}", reset_less=True)
        chosen = [Mux(right, theirs, ours) for ours, theirs in zip(lane, other_lane, strict=True)]
        m.d.comb += right.eq(other_key > key)
        m.d.sync += [best.eq(Mux(right, other_key, key)), place.eq(Cat(chosen, right))]
        return best, list(place)

    def _best(self, m: Module, beat_best: Candidate, valid: Signal, last: Signal) -> Signal:
        """The place of the best of this beat and those before it in the frame."""
        key, lane = beat_best
        in_beat = Signal(self.index_bits)
        m.d.comb += in_beat.eq(Cat(lane, Const(0, 1)))
        if self.beats == 1:
            return in_beat
        best_key = Signal(len(key), reset_less=True)
        place, best_place = Signal(self.index_bits), Signal(self.index_bits, reset_less=True)
        first, base, better = Signal(init=1), Signal(self.index_bits), Signal()
        m.d.comb += better.eq(first | (key > best_key))
        m.d.comb += place.eq(Mux(better, base + in_beat, best_place))
        with m.If(valid):
            m.d.sync += [
                best_key.eq(Mux(better, key, best_key)),
                best_place.eq(place),
                first.eq(last),
                base.eq(Mux(last, 0, base + Const(self.lanes, self.index_bits))),
            ]
        return place
