"""The engine alone: LUTs for each operation, and its clock, against a plain tree of adders.

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

from bnngen.toolflow import native_yosys
from bnngen.toolflow.flow import synthesis_script
from bnngen.toolflow.levels import lut_levels
from bnngen.toolflow.place_and_route import REPORT
from bnngen.toolflow.toolchain import TOOLS
from bnngen_boards.families import family
from bnngen_boards.profile import Board, load_board
from bnngen_hw.arithmetic.dot import DotProduct
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
ROUTED, LEAST_MHZ = ("ulx3s_85f", 8, 64), 120
ROUTING = "--85k --package CABGA381 --speed 6 --json top.json --report report.json --seed 1 --freq 120"
"""What nextpnr is told of that board; the two pins may lie anywhere."""


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


class BehindTwoPins(Elaboratable):
    """An engine whose inputs come through a shift register from one pin, for a device has not that many; its
    signs leave through another."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.i, self.o = Signal(), Signal()
        self.ports = [self.i, self.o]

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.engine = engine = self.engine
        inputs = Cat(engine.x, engine.w, engine.start, engine.valid, engine.first)
        shifted, codes = Signal(len(inputs), reset_less=True), Signal(engine.pe, reset_less=True)
        m.d.comb += inputs.eq(shifted)
        m.d.sync += [shifted.eq(Cat(self.i, shifted)), codes.eq(engine.codes), self.o.eq(codes.xor())]
        return m


def synthesize(engine: Engine | BehindTwoPins, board: Board, folder: Path) -> Any:
    """The netlist's module; the netlist is ``top.json`` in ``folder``."""
    text = rtlil.convert(engine, name="top", ports=engine.ports, emit_src=False)
    (folder / "top.il").write_text(text, encoding="utf-8")
    script = synthesis_script(board, "read_rtlil top.il", "top")
    (folder / "top.ys").write_text(script, encoding="utf-8")
    command = [sys.executable, native_yosys.__file__, "top.ys"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return json.loads((folder / "top.json").read_text(encoding="utf-8"))["modules"]["top"]


def size(engine: Engine, board: Board) -> tuple[int, int]:
    """LUTs, and LUT levels between registers."""
    with tempfile.TemporaryDirectory() as folder:
        module = synthesize(engine, board, Path(folder))
    kind = family(board.family)
    levels = lut_levels(kind, module)
    assert levels is not None
    return kind.count(module).lut, levels


def routed_mhz(engine: Engine, board: Board) -> float:
    """The clock that the engine reaches, placed and routed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        synthesize(BehindTwoPins(engine), board, folder)
        routing = board.routing
        arguments = [*ROUTING.split(), "--placer", routing.placer, "--lpf-allow-unconstrained"]
        TOOLS[routing.router.name].run(arguments, folder, folder / "log")
        return reached_mhz(folder)


def reached_mhz(folder: Path) -> float:
    """The slowest clock in the report that nextpnr left in ``folder``."""
    clocks = json.loads((folder / REPORT).read_text(encoding="utf-8"))["fmax"]
    return min(float(clock["achieved"]) for clock in clocks.values())


@benchmark("engine")
def engines(settings: Settings) -> list[Table]:
    """LUTs an operation of both engines on each fabric."""
    table = Table("Engine alone: LUTs an operation (XNOR and accumulate)", "a plain tree of adders")
    for name, pe, simd, target in CASES:
        board = load_board(name)
        plain, _ = size(Engine(board, pe, simd, plain=True), board)
        lut, levels = size(Engine(board, pe, simd, plain=False), board)
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


@benchmark("fmax", slow=True)
def fmax(settings: Settings) -> list[Table]:
    """The clock of both engines on ECP5."""
    name, pe, simd = ROUTED
    board = load_board(name)
    plain, mapped = (routed_mhz(Engine(board, pe, simd, plain), board) for plain in (True, False))
    table = Table(f"Engine alone, placed and routed: {name}, PE {pe} x SIMD {simd}", "a plain tree of adders")
    table.rows = [
        Row("tree of adders", plain, "MHz", 1.0),
        Row("compressors", mapped, "MHz", mapped / plain, f">= {LEAST_MHZ}", mapped >= LEAST_MHZ),
    ]
    return [table]
