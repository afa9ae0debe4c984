"""The engine alone: LUTs for each operation, against a plain tree of adders.

An engine here is a dot product of one bit by one bit with its accumulators and its compare; weights and start
values are inputs, so no memory counts. An operation is one XNOR with its share of the rest.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from amaranth.back import rtlil
from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value
from bench import Row, Settings, Table, benchmark

from bnngen.build import native_yosys
from bnngen.build.cells import count_cells
from bnngen.build.flow import flow_of
from bnngen.build.levels import lut_levels
from bnngen_boards.profile import Board, load_board
from bnngen_hw.dot import DotProduct
from bnngen_hw.encoding import Encoding

BIPOLAR = Encoding("bipolar", 1)
ACCUMULATOR_BITS = 11
"""Enough for 784 inputs and a sign."""
CASES = [
    ("zc706", 8, 64, 1.7),
    ("zc706", 16, 128, 1.5),
    ("ulx3s_85f", 8, 64, 3.0),
    ("icebreaker", 8, 64, None),
]
"""Board, PE, SIMD and the most LUTs an operation should take."""


class Engine(Elaboratable):
    """``pe`` x ``simd`` XNORs, accumulators and signs; ``plain`` adds with a tree of adders, a register after
    each level."""

    def __init__(self, board: Board, pe: int, simd: int, plain: bool) -> None:
        self.pe, self.simd, self.plain = pe, simd, plain
        self.dot = DotProduct(simd, pe, BIPOLAR, BIPOLAR, board.fabric.target)
        self.x, self.w = Signal(simd), Signal(simd * pe)
        self.start = Signal(ACCUMULATOR_BITS * pe)
        self.valid, self.first, self.codes = Signal(), Signal(), Signal(pe)
        self.ports = [self.x, self.w, self.start, self.valid, self.first, self.codes]

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        x, w = Signal(self.simd, reset_less=True), Signal(self.simd * self.pe, reset_less=True)
        m.d.sync += [x.eq(self.x), w.eq(self.w)]
        sums = self._adders(m, x, w) if self.plain else self._heap(m, x, w)
        for lane, total in enumerate(sums):
            acc, base = Signal(ACCUMULATOR_BITS, reset_less=True), Signal(ACCUMULATOR_BITS)
            start = self.start[lane * ACCUMULATOR_BITS : (lane + 1) * ACCUMULATOR_BITS]
            m.d.comb += [base.eq(Mux(self.first, start, acc)), self.codes[lane].eq(~acc[-1])]
            with m.If(self.valid):
                m.d.sync += acc.eq(total + base)
        return m

    def _heap(self, m: Module, x: Signal, w: Signal) -> list[Value]:
        m.submodules.dot = dot = self.dot
        m.d.comb += [dot.x.eq(Cat(x for _ in range(dot.copies))), dot.w.eq(w)]
        return [dot.sums[lane * dot.width : (lane + 1) * dot.width] for lane in range(self.pe)]

    def _adders(self, m: Module, x: Signal, w: Signal) -> list[Value]:
        return [
            self._tree(m, [~(x[k] ^ w[k * self.pe + lane]) for k in range(self.simd)])
            for lane in range(self.pe)
        ]

    def _tree(self, m: Module, terms: list[Value]) -> Value:
        while len(terms) > 1:
            sums = [a + b for a, b in zip(terms[::2], terms[1::2], strict=True)]
            terms = [Signal(len(total), reset_less=True) for total in sums]
            m.d.sync += [register.eq(total) for register, total in zip(terms, sums, strict=True)]
        return terms[0]


def synthesise(engine: Engine, board: Board) -> tuple[int, int]:
    """LUTs, and LUT levels between registers."""
    with tempfile.TemporaryDirectory() as folder:
        text = rtlil.convert(engine, name="top", ports=engine.ports, emit_src=False)
        Path(folder, "top.il").write_text(text, encoding="utf-8")
        Path(folder, "top.ys").write_text(
            flow_of(board).script("read_rtlil top.il", "top", board.device), encoding="utf-8"
        )
        subprocess.run(
            [sys.executable, native_yosys.__file__, "top.ys"], cwd=folder, check=True, capture_output=True
        )
        module = json.loads(Path(folder, "top.json").read_text(encoding="utf-8"))["modules"]["top"]
    return count_cells(board.family, module).lut, lut_levels(module)


@benchmark("engine")
def engines(settings: Settings) -> list[Table]:
    """LUTs an operation of both engines on each fabric."""
    table = Table("Engine alone: LUTs an operation (XNOR and accumulate)", "a plain tree of adders")
    for name, pe, simd, target in CASES:
        board = load_board(name)
        plain, _ = synthesise(Engine(board, pe, simd, plain=True), board)
        lut, levels = synthesise(Engine(board, pe, simd, plain=False), board)
        cost, what = lut / (pe * simd), f"{board.family} PE {pe} x SIMD {simd}"
        met = None if target is None else cost <= target
        table.rows.append(Row(f"{what}: tree of adders", plain / (pe * simd), "LUT", 1.0))
        table.rows.append(
            Row(
                f"{what}: compressors ({levels} levels)",
                cost,
                "LUT",
                lut / plain,
                f"<= {target}" if target else "",
                met,
            )
        )
    return [table]
