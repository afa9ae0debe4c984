"""Models of those ECP5 cells that yosys ships as empty boxes, or not as place and route configures them.

``DP16KD`` holds 1,024 rows of 18 bits, two bytes of 9. A port of ``DATA_WIDTH`` 18 moves a row; 9, 4, 2 and
1 move that many bits of a byte, which a port's low address bits choose (below 9, only the eight lower bits of
a byte are used). With ``DATA_WIDTH`` 36, port A writes two rows from both ports' data inputs, or port B reads
two rows to both ports' outputs. Source: Lattice, "ECP5 and ECP5-5G Memory Usage Guide" (FPGA-TN-02204), and
the convention in which yosys connects the pins.

Of the cells of half a slice, yosys' ``TRELLIS_COMB`` does not drive its carry output, and it has no
``TRELLIS_RAMW``, which leads a write port to the four cells of a 16 x 4 memory. Source: the documentation of
Project Trellis, and what nextpnr makes of yosys' cells.
"""

from __future__ import annotations

from collections.abc import Iterator

ROWS, ROW_BITS, INITS = 1024, 18, 64
"""Rows, bits of one, and parameters with initial contents: 16 rows each, 20 bits apart."""

_ACCESS = """
    // the row, the place in it, and the bits that a port of this width moves
    function [4:0] place(input integer width, input [13:0] address);
        case (width)
            1: place = {{address[3], 3'b0}} + address[3] + address[2:0];
            2: place = {{address[3], 3'b0}} + address[3] + {{address[2:1], 1'b0}};
            4: place = {{address[3], 3'b0}} + address[3] + {{address[2], 2'b0}};
            9: place = {{address[3], 3'b0}} + address[3];
            default: place = 0;
        endcase
    endfunction
    function [17:0] mask(input integer width, input [13:0] address);
        case (width)
            1: mask = 18'h1 << place(width, address);
            2: mask = 18'h3 << place(width, address);
            4: mask = 18'hf << place(width, address);
            9: mask = 18'h1ff << place(width, address);
            default: mask = {{{{9{{address[1]}}}}, {{9{{address[0]}}}}}};
        endcase
    endfunction
    function [17:0] merged(input [17:0] old, input [17:0] value, input [17:0] where);
        merged = (old & ~where) | (value & where);
    endfunction
"""

_PORT = """
    wire [17:0] mask{p} = mask(DATA_WIDTH_{p}, ad{p});
    wire [17:0] row{p} = memory[ad{p}[13:4]];
    wire [17:0] written{p} = merged(row{p}, di{p} << place(DATA_WIDTH_{p}, ad{p}), mask{p});
    always @(posedge CLK{p}) begin
        if (CE{p} & ~RST{p} & WE{p}) begin
            if (DATA_WIDTH_{p} != 36) memory[ad{p}[13:4]] <= written{p};
            else begin
                memory[{{ad{p}[13:5], 1'b0}}] <=
                    merged(memory[{{ad{p}[13:5], 1'b0}}], diA, mask(18, {{12'b0, ad{p}[1:0]}}));
                memory[{{ad{p}[13:5], 1'b1}}] <=
                    merged(memory[{{ad{p}[13:5], 1'b1}}], diB, mask(18, {{12'b0, ad{p}[3:2]}}));
            end
        end
        if (RST{p}) do{p} <= 0;
        else if (CE{p} & (~WE{p} | WRITEMODE_{p} == "READBEFOREWRITE"))
            do{p} <= row{p} >> place(DATA_WIDTH_{p}, ad{p});
        else if (CE{p} & WRITEMODE_{p} == "WRITETHROUGH") do{p} <= written{p} >> place(DATA_WIDTH_{p}, ad{p});
    end
"""

_HALF_SLICE = """
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


def ecp5_models() -> str:
    """The Verilog of modules ``DP16KD``, ``TRELLIS_COMB`` and ``TRELLIS_RAMW``."""
    return "\n".join(_block_ram()) + _HALF_SLICE


def _block_ram() -> Iterator[str]:
    yield "module DP16KD #("
    for port in "AB":
        yield f'    parameter DATA_WIDTH_{port} = 18, parameter WRITEMODE_{port} = "NORMAL",'
        yield f'    parameter REGMODE_{port} = "NOREG", parameter CSDECODE_{port} = "0b000",'
        yield f'    parameter CLK{port}MUX = "CLK{port}",'
    for name, value in (("RESETMODE", "SYNC"), ("ASYNC_RESET_RELEASE", "SYNC"), ("GSR", "ENABLED")):
        yield f'    parameter {name} = "{value}",'
    yield ",\n".join(f"    parameter [319:0] INITVAL_{k:02X} = 320'h0" for k in range(INITS))
    yield ") ("
    for port in "AB":
        yield f"    input CLK{port}, CE{port}, OCE{port}, WE{port}, RST{port}, {_pins(f'CS{port}', 3)},"
        yield f"    input {_pins(f'DI{port}', ROW_BITS)}, {_pins(f'AD{port}', 14)},"
        yield f"    output {_pins(f'DO{port}', ROW_BITS)}" + ("," if port == "A" else "")
    yield ");"
    yield f"    reg [{ROW_BITS - 1}:0] memory [0:{ROWS - 1}];"
    yield "    integer row;"
    yield "    initial for (row = 0; row < 16; row = row + 1) begin"
    for k in range(INITS):
        yield f"        memory[{16 * k} + row] = INITVAL_{k:02X}[20 * row +: 18];"
    yield "    end"
    for port in "AB":
        yield f"    wire [17:0] di{port} = {{{_pins(f'DI{port}', ROW_BITS)}}};"
        yield f"    wire [13:0] ad{port} = {{{_pins(f'AD{port}', 14)}}};"
        yield f"    reg [17:0] do{port} = 0;"
    yield _ACCESS.format()
    for port in "AB":
        yield _PORT.format(p=port)
    yield "    // two rows at once: the lower one leaves by port A"
    yield "    reg [17:0] low = 0, high = 0;"
    yield "    always @(posedge CLKB) if (CEB) begin"
    yield "        low <= memory[{adB[13:5], 1'b0}];"
    yield "        high <= memory[{adB[13:5], 1'b1}];"
    yield "        if (RSTB) begin low <= 0; high <= 0; end"
    yield "    end"
    yield f"    assign {{{_pins('DOA', ROW_BITS)}}} = DATA_WIDTH_B == 36 ? low : doA;"
    yield f"    assign {{{_pins('DOB', ROW_BITS)}}} = DATA_WIDTH_B == 36 ? high : doB;"
    yield "endmodule"


def _pins(name: str, count: int) -> str:
    """Single pins, the highest first."""
    return ", ".join(f"{name}{k}" for k in reversed(range(count)))
