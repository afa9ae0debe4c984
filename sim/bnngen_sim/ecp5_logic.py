"""Models of the ECP5's cells of half a slice as place and route configures them, in Verilog.

yosys' ``TRELLIS_COMB`` does not drive its carry output, and it has no ``TRELLIS_RAMW``, which leads a write
port to the four cells of a 16 x 4 memory. Source: the documentation of Project Trellis, and what nextpnr
makes of yosys' cells.
"""

from __future__ import annotations

_COMB = """
module TRELLIS_COMB #(
    parameter MODE = "LOGIC", parameter [15:0] INITVAL = 0, parameter CCU2_INJECT1 = "NO",
    parameter WREMUX = "WRE", parameter WCKMUX = "WCK", parameter [0:0] IS_Z1 = 0
) (
    input A, B, C, D, M, FCI, F1, FXA, FXB, DI0, DI1, WD, WAD0, WAD1, WAD2, WAD3, WRE, WCK,
    output F, FCO, OFX
);
    assign OFX = IS_Z1 ? (M ? FXB : FXA) : (M ? F1 : F);
    generate if (MODE == "DPRAM") begin : mode
        reg [15:0] memory = INITVAL;
        wire write = WREMUX == "INV" ? ~WRE : WRE, clock = WCKMUX == "INV" ? ~WCK : WCK;
        always @(posedge clock) if (write) memory[{WAD3, WAD2, WAD1, WAD0}] <= WD;
        assign F = memory[{A, C, B, D}];
        assign FCO = 0;
    end else begin : mode
        // in an adder the LUT says whether the carry passes, and its lower quarter which one starts
        wire lut = INITVAL[{D, C, B, A}];
        wire inject = CCU2_INJECT1 == "YES";
        assign F = MODE == "CCU2" ? lut ^ (~inject & FCI) : lut;
        assign FCO = lut ? FCI : ~inject & INITVAL[{2'b00, B, A}];
    end endgenerate
endmodule

module TRELLIS_RAMW(
    input A0, B0, C0, D0, A1, B1, C1, D1,
    output WDO0, WDO1, WDO2, WDO3, WADO0, WADO1, WADO2, WADO3
);
    assign {WADO3, WADO2, WADO1, WADO0} = {A0, C0, B0, D0};
    assign {WDO3, WDO2, WDO1, WDO0} = {B1, D1, A1, C1};
endmodule
"""


def ecp5_logic() -> str:
    """The Verilog of modules ``TRELLIS_COMB`` and ``TRELLIS_RAMW``."""
    return _COMB
