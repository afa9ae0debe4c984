"""Counting cells in the units of a board's resources."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bnngen.toolflow.cells import CellCounts, count_cells
from bnngen.toolflow.toolchain import YOSYS


def cell(kind: str, **pins: int) -> dict[str, object]:
    return {"type": kind, "connections": {name: [net] for name, net in pins.items()}}


def module(*cells: dict[str, object]) -> dict[str, object]:
    return {"cells": {str(n): cell for n, cell in enumerate(cells)}}


def test_ice40_kinds() -> None:
    kinds = ["SB_DFF", "SB_DFFESR", "SB_RAM40_4K", "SB_RAM40_4KNR", "SB_MAC16", "SB_PLL40_PAD", "SB_IO"]
    lut = cell("SB_LUT4", I0=1, I1=2, I2=3, I3=4)
    counts = count_cells("ice40", module(lut, *(cell(kind) for kind in kinds)))
    assert counts == CellCounts(lut=1, ff=2, bram=2, dsp=1, carry=0)


def test_ice40_adder_bits_share_and_comparator_bits_do_not() -> None:
    sum_bit = cell("SB_LUT4", I0=9, I1=2, I2=3, I3=4)
    own_carry = cell("SB_CARRY", I0=2, I1=3, CI=4)
    other = cell("SB_CARRY", I0=2, I1=3, CI=5)
    assert count_cells("ice40", module(sum_bit, own_carry)).lut == 1
    assert count_cells("ice40", module(sum_bit, other)).lut == 2
    counts = count_cells("ice40", module(sum_bit, own_carry, own_carry))
    assert (counts.lut, counts.carry) == (2, 2)


def test_ecp5() -> None:
    kinds = [
        "LUT4",
        "LUT4",
        "CCU2C",
        "TRELLIS_DPR16X4",
        "TRELLIS_FF",
        "DP16KD",
        "MULT18X18D",
        "PFUMX",
        "EHXPLLL",
    ]
    assert count_cells("ecp5", module(*map(cell, kinds))) == CellCounts(lut=10, ff=1, bram=1, dsp=1, carry=1)


def test_xc7_logic() -> None:
    """Inverters, wide multiplexers, carry cells and buffers are no LUTs; latches are no flip-flops."""
    luts = [f"LUT{inputs}" for inputs in range(1, 7)]
    others = ["INV", "MUXF7", "MUXF8", "CARRY4", "BUFG", "IBUF", "LDCE", "VCC"]
    flip_flops = ["FDRE", "FDSE", "FDCE", "FDPE", "FDRE_1"]
    counts = count_cells("xc7", module(*map(cell, luts + others + flip_flops)))
    assert counts == CellCounts(lut=6, ff=5, bram=0, dsp=0, carry=1)


def test_xc7_blocks() -> None:
    kinds = ["RAMB18E1", "RAMB36E1", "RAMB36E1", "DSP48E1"]
    assert count_cells("xc7", module(*map(cell, kinds))) == CellCounts(lut=0, ff=0, bram=5, dsp=1, carry=0)


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
def test_xc7_memories_made_of_luts(kind: str, luts: int) -> None:
    assert count_cells("xc7", module(cell(kind))) == CellCounts(lut=luts, ff=0, bram=0, dsp=0, carry=0)


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


def test_xc7_netlist_of_yosys(tmp_path: Path) -> None:
    """An adder (8 LUTs), a 32 x 6 memory (4), 16 delays (1); a ROM of 36 kbit (2 RAMB18), one of 18 (1)."""
    (tmp_path / "top.v").write_text(EVERY_KIND)
    script = "read_verilog top.v; synth_xilinx -flatten -noiopad -top top; write_json top.json"
    YOSYS.run(["-p", script], tmp_path, tmp_path / "yosys.log")
    netlist = json.loads((tmp_path / "top.json").read_text())["modules"]["top"]
    assert count_cells("xc7", netlist) == CellCounts(lut=8 + 4 + 1, ff=8, bram=2 + 1, dsp=1, carry=2)
