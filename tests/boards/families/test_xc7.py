"""What is peculiar to the 7 series: its cells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bnngen.toolflow.toolchain import YOSYS
from bnngen_boards.families.cell_counts import CellCounts
from bnngen_boards.families.xc7 import XC7
from tests.boards.families.netlists import cell, module


def test_logic() -> None:
    """Inverters, wide multiplexers, carry cells and buffers are no LUTs; latches are no flip-flops."""
    luts = [f"LUT{inputs}" for inputs in range(1, 7)]
    others = ["INV", "MUXF7", "MUXF8", "CARRY4", "BUFG", "IBUF", "LDCE", "VCC"]
    flip_flops = ["FDRE", "FDSE", "FDCE", "FDPE", "FDRE_1"]
    counts = XC7.count(module(*map(cell, luts + others + flip_flops)))
    assert counts == CellCounts(lut=6, ff=5, bram=0, dsp=0, carry=1)


def test_blocks() -> None:
    kinds = ["RAMB18E1", "RAMB36E1", "RAMB36E1", "DSP48E1"]
    assert XC7.count(module(*map(cell, kinds))) == CellCounts(lut=0, ff=0, bram=5, dsp=1, carry=0)


@pytest.mark.parametrize(
    ("kind", "luts"),
    [
        ("SRL16E", 1),
        ("SRLC32E", 1),
        ("RAM32M", 4),
        ("RAM64M", 4),
        ("RAM32X1D", 2),
        ("RAM64X1D", 2),
        ("RAM128X1D", 4),
        ("RAM64X1S", 1),
        ("RAM128X1S", 2),
        ("RAM256X1S", 4),
    ],
)
def test_memories_made_of_luts(kind: str, luts: int) -> None:
    assert XC7.count(module(cell(kind))) == CellCounts(lut=luts, ff=0, bram=0, dsp=0, carry=0)


EVERY_KIND = """
module top (
    input clk, input [7:0] a, input [7:0] b, input [9:0] address, input write,
    output reg [7:0] total, output reg [15:0] product,
    output reg [35:0] wide, output reg [17:0] narrow, output [5:0] stored, output late
);
    reg [35:0] wide_rom [0:1023];
    reg [17:0] narrow_rom [0:1023];
    integer i;
    initial for (i = 0; i < 1024; i = i + 1) begin
        wide_rom[i] = {i * i * 40503, 4'd0} ^ i;
        narrow_rom[i] = (i * i * 40503) >> 7;
    end
    (* ram_style = "distributed" *) reg [5:0] few [0:31];
    reg [15:0] line;
    assign stored = few[b[4:0]];
    assign late = line[15];
    always @(posedge clk) begin
        wide <= wide_rom[address];
        narrow <= narrow_rom[address];
        if (write) few[address[4:0]] <= a[5:0];
        line <= {line[14:0], a[0]};
        total <= a + b;
        product <= a * b;
    end
endmodule
"""


def test_netlist_of_yosys(tmp_path: Path) -> None:
    """An adder (8 LUTs), a 32 x 6 memory (4), 16 delays (1); a ROM of 36 kbit (2 RAMB18), one of 18 (1)."""
    (tmp_path / "top.v").write_text(EVERY_KIND)
    script = "read_verilog top.v; synth_xilinx -flatten -noiopad -top top; write_json top.json"
    YOSYS.run(["-p", script], tmp_path, tmp_path / "yosys.log")
    netlist = json.loads((tmp_path / "top.json").read_text())["modules"]["top"]
    assert XC7.count(netlist) == CellCounts(lut=8 + 4 + 1, ff=8, bram=2 + 1, dsp=1, carry=2)
