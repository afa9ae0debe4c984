"""A stand-in accelerator: one binarized layer, folded, with its weights in block memory."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from bnngen.toolflow.synthesis import SynthesisResult, synthesize
from bnngen_boards.profile import load_board

_VERILOG = """
module bnn_accelerator (
    input clk, input rst,
    input [7:0] s_axis_tdata, input s_axis_tvalid, output s_axis_tready, input s_axis_tlast,
    output reg [7:0] m_axis_tdata, output reg m_axis_tvalid, input m_axis_tready, output m_axis_tlast,
    output reg frame_error
);
localparam PE = {pe}, SIMD = {simd}, STEPS = {steps}, FOLDS = {folds}, BEATS = {beats};
reg [SIMD * STEPS - 1:0] frame;
reg [15:0] beat, step, fold, address;
// stage 1 has the weight word, stage 2 the XNOR, stage 3 the count, stage 4 the sum
reg loading, busy, done;
reg [3:1] valid, first, last;
assign s_axis_tready = loading;
assign m_axis_tlast = 1;
wire run = busy & (~m_axis_tvalid | m_axis_tready);
reg [SIMD - 1:0] x1;
always @(posedge clk) begin
    if (loading & s_axis_tvalid) begin
        frame <= {{s_axis_tdata, frame[SIMD * STEPS - 1:8]}};
        beat <= beat + 1;
        if (s_axis_tlast != (beat == BEATS - 1)) frame_error <= 1;
        if (beat == BEATS - 1) begin beat <= 0; loading <= 0; busy <= 1; end
    end
    valid <= {{valid[2:1], run}};
    first <= {{first[2:1], step == 0}};
    last <= {{last[2:1], step == STEPS - 1}};
    done <= valid[3] & last[3];
    x1 <= frame[SIMD - 1:0];
    if (run) begin
        frame <= {{frame[SIMD - 1:0], frame[SIMD * STEPS - 1:SIMD]}};
        address <= address + 1;
        step <= step + 1;
        if (step == STEPS - 1) begin
            step <= 0; fold <= fold + 1;
            if (fold == FOLDS - 1) begin fold <= 0; address <= 0; busy <= 0; loading <= 1; end
        end
    end
    if (rst) begin
        loading <= 1; busy <= 0; beat <= 0; step <= 0; fold <= 0; address <= 0;
        valid <= 0; done <= 0; frame_error <= 0;
    end
end
wire [PE - 1:0] bits;
genvar p;
generate for (p = 0; p < PE; p = p + 1) begin : pe
    (* rom_style = "block" *) reg [SIMD - 1:0] rom [0:STEPS * FOLDS - 1];
    initial $readmemh("weights.mem", rom, 0, STEPS * FOLDS - 1);
    reg [SIMD - 1:0] w1, product;
    reg [15:0] sum;
    wire [7:0] count;
{popcount}
    reg [7:0] count2;
    always @(posedge clk) begin
        w1 <= rom[address] ^ p;
        product <= ~(w1 ^ x1);
        count2 <= count;
        if (valid[3]) sum <= (first[3] ? 0 : sum) + count2;
    end
    assign bits[p] = sum >= SIMD * STEPS / 2 + 3 * p;
end endgenerate
always @(posedge clk) begin
    if (done) begin m_axis_tdata <= bits ^ {{^bits, 7'b0}}; m_axis_tvalid <= 1; end
    else if (m_axis_tready) m_axis_tvalid <= 0;
    if (rst) m_axis_tvalid <= 0;
end
endmodule
"""


def _popcount(simd: int) -> str:
    """Full adders that compress ``product`` into ``count``, as the hardware generator makes them."""
    columns: list[list[str]] = [[f"product[{i}]" for i in range(simd)], *([] for _ in range(8))]
    lines: list[str] = []
    for weight in range(8):
        column = columns[weight]
        while len(column) > 1:
            a, b, c = column.pop(0), column.pop(0), column.pop(0) if column else "1'b0"
            s, carry = f"s{len(lines)}", f"c{len(lines)}"
            lines.append(f"wire {s} = {a} ^ {b} ^ {c}, {carry} = ({a} & {b}) | ({a} & {c}) | ({b} & {c});")
            column.append(s)
            columns[weight + 1].append(carry)
        lines.append(f"assign count[{weight}] = {column[0] if column else 0};")
    return "\n".join(lines)


@dataclass(frozen=True)
class StandIn:
    """The folder with ``bnn_accelerator.v`` and its memory image, what its interface.json would say, and
    the weights: ``folds`` x ``steps`` words of ``simd`` bits, which each engine changes by its number."""

    rtl: Path
    interface: dict[str, Any]
    pe: int
    simd: int
    weights: list[list[int]]

    def compute(self, frame: bytes) -> bytes:
        """The bytes that it answers to a frame."""
        bits = int.from_bytes(frame, "little")
        mask = (1 << self.simd) - 1
        answer = []
        for words in self.weights:
            x = [(bits >> (step * self.simd)) & mask for step in range(len(words))]
            sums = [
                sum((~(word ^ p ^ part) & mask).bit_count() for word, part in zip(words, x, strict=True))
                for p in range(self.pe)
            ]
            half = self.simd * len(words) // 2
            fired = [total >= half + 3 * p for p, total in enumerate(sums)]
            lowest = sum(bit << p for p, bit in enumerate(fired[:8]))
            answer.append(lowest ^ (sum(fired) % 2) << 7)
        return bytes(answer)


def write_stand_in(rtl: Path, pe: int, simd: int, steps: int, folds: int) -> StandIn:
    """Writes a layer of ``pe * folds`` neurons with ``simd * steps`` inputs, random weights."""
    rtl.mkdir(parents=True)
    inputs = simd * steps
    text = _VERILOG.format(
        pe=pe, simd=simd, steps=steps, folds=folds, beats=inputs // 8, popcount=_popcount(simd)
    )
    (rtl / "bnn_accelerator.v").write_text(text)
    rng = random.Random(1)
    weights = [[rng.getrandbits(simd) for _ in range(steps)] for _ in range(folds)]
    (rtl / "weights.mem").write_text("".join(f"{word:x}\n" for words in weights for word in words))
    source = {"elements_per_frame": inputs, "elements_per_beat": 8, "tdata_bits": 8}
    sink = {"elements_per_frame": folds, "elements_per_beat": 1, "tdata_bits": 8}
    return StandIn(rtl, {"input": source, "output": sink}, pe, simd, weights)


@pytest.fixture(scope="session")
def make_stand_in() -> Callable[..., StandIn]:
    """:func:`write_stand_in`."""
    return write_stand_in


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A QONNX file that builds in seconds: 16 inputs, 4 scores, one binarized layer."""
    weights = np.random.default_rng(0).choice([-1.0, 1.0], (16, 4)).astype(np.float32)
    tensors = [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(np.float32(1), "one")]
    quantize = helper.make_node(
        "BipolarQuant", ["x", "one"], ["q"], name="in", domain="qonnx.custom_op.general"
    )
    nodes = [quantize, helper.make_node("MatMul", ["q", "w"], ["y"], name="fc")]
    ends = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)]
        for name, shape in (("x", (1, 16)), ("y", (1, 4)))
    ]
    path = tmp_path_factory.mktemp("tiny") / "tiny.onnx"
    onnx.save(helper.make_model(helper.make_graph(nodes, "tiny", *ends, tensors)), path)
    return path


@pytest.fixture(scope="session")
def small_accelerator(tmp_path_factory: pytest.TempPathFactory) -> StandIn:
    """A few hundred LUTs and block RAMs for a row of weights."""
    return write_stand_in(tmp_path_factory.mktemp("small") / "rtl", pe=2, simd=16, steps=8, folds=16)


Synthesized = Callable[[str], SynthesisResult]


@pytest.fixture(scope="session")
def synthesized(small_accelerator: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """The synthesis of the small accelerator for a board, done once."""

    @cache
    def result(board: str) -> SynthesisResult:
        chosen = load_board(board)
        out = tmp_path_factory.mktemp(board) / "synth"
        design = small_accelerator
        return synthesize(design.rtl, design.interface, chosen, chosen.clock.default_mhz, out)

    return result
