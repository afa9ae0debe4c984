"""A model of the iCE40's logic cell as place and route configures it, in Verilog that Verilator reads.

yosys' own asks whether its inputs are driven, which a simulator with two values can't say: here they all are.
Source: the documentation of Project IceStorm.
"""

from __future__ import annotations

_LOGIC_CELL = """
module ICESTORM_LC #(
    parameter [15:0] LUT_INIT = 0,
    parameter [0:0] NEG_CLK = 0, CARRY_ENABLE = 0, DFF_ENABLE = 0, SET_NORESET = 0, ASYNC_SR = 0,
    parameter [0:0] CIN_CONST = 0, CIN_SET = 0
) (
    input I0, I1, I2, I3, CIN, CLK, CEN, SR, output LO, O, COUT
);
    assign LO = LUT_INIT[{I3, I2, I1, I0}];
    wire carry = CIN_CONST ? CIN_SET : CIN;
    assign COUT = CARRY_ENABLE & ((I1 & I2) | (I1 | I2) & carry);
    generate if (DFF_ENABLE) begin : register
        reg q = 0;
        wire clock = CLK ^ NEG_CLK;
        assign O = q;
        if (ASYNC_SR) begin : kind
            always @(posedge clock, posedge SR) if (SR) q <= SET_NORESET; else if (CEN) q <= LO;
        end else begin : kind
            always @(posedge clock) if (CEN) q <= SR ? SET_NORESET : LO;
        end
    end else assign O = LO;
    endgenerate
endmodule
"""


def ice40_logic() -> str:
    """The Verilog of module ``ICESTORM_LC``."""
    return _LOGIC_CELL
