"""Models of the 7 series' block RAMs, which yosys ships as empty boxes.

``RAMB18E1`` holds 2,048 bytes of 9 bits, ``RAMB36E1`` 4,096. A port of width 9 times n moves n bytes; one of
4, 2 or 1 moves that many of the lower eight bits of one byte, which the low address bits choose. A port as
wide as both data buses together reads by port A and writes by port B. Byte n of a port is written if enable n
is high. Two such RAMs may be one of 65,536 bits (``RAM_EXTENSION``).

What the device leaves undefined, a port that reads bits which the other one writes, comes out inverted,
unless the writing port is in the mode ``READ_FIRST``. Output registers, inverted pins and error correction,
which yosys' memory mapping does not use, are not modelled: a netlist with them does not run. Source: Xilinx,
"7 Series FPGAs Memory Resources" (UG473), and the convention in which yosys connects the pins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_BYTES_AN_INIT, _PARITY_AN_INIT = 32, 256
"""How many bytes an ``INIT_xx`` fills, and of how many an ``INITP_xx`` has the ninth bit."""


@dataclass(frozen=True)
class _Ram:
    """One of the two: ``address`` pins of a bit's address, ``lanes`` bytes of a data bus."""

    name: str
    address: int
    lanes: int

    @property
    def bytes(self) -> int:
        return int(2 ** (self.address - 3))

    @property
    def inits(self) -> int:
        return self.bytes // _BYTES_AN_INIT

    @property
    def pins(self) -> int:
        """Address pins: the larger one has another, which chooses one of two that are one."""
        return 16 if self.address == 15 else self.address


_RAMS = (_Ram("RAMB18E1", 14, 2), _Ram("RAMB36E1", 15, 4))

_PORT = """
    // port {p}: bytes that it reads and writes at once, their numbers, and the bits of a byte
    localparam integer READS_{p} = READ_WIDTH_{p} < 9 ? 1 : READ_WIDTH_{p} / 9;
    localparam integer WRITES_{p} = WRITE_WIDTH_{p} < 9 ? 1 : WRITE_WIDTH_{p} / 9;
    wire [{high}:0] reads{p} = address{p}[{top}:3] & ~(READS_{p} - 1);
    wire [{high}:0] writes{p} = address{p}[{top}:3] & ~(WRITES_{p} - 1);
    wire [2:0] from{p} = address{p}[2:0] & first(READ_WIDTH_{p});
    wire [2:0] to{p} = address{p}[2:0] & first(WRITE_WIDTH_{p});
    wire [8:0] moved{p} = bits(WRITE_WIDTH_{p}) << to{p};
    wire [{last}:0] write{p} = {{{width}{{WRITE_WIDTH_{p} != 0 & enable{p} & chosen{p}}}}} & strobe{p};
    wire [{most}:0] now{p};
    reg [{most}:0] latch{p} = START_{p};
    always @(posedge clock{p}) if (enable{p}) begin
        if (reset{p}) latch{p} <= CLEARED_{p};
        else if (!(|write{p}) | WRITE_MODE_{p} != "NO_CHANGE") latch{p} <= now{p};
    end
    generate for (lane = 0; lane < READS_{p}; lane = lane + 1) begin : read{p}
        wire [{high}:0] number = reads{p} + lane;
        wire [8:0] old = memory[number];
        wire [8:0] own = (number & ~(WRITES_{p} - 1)) == writes{p} & write{p}[number & (WRITES_{p} - 1)]
            ? moved{p} : 9'b0;
        wire [8:0] other = (number & ~(WRITES_{q} - 1)) == writes{q} & write{q}[number & (WRITES_{q} - 1)]
            ? moved{q} : 9'b0;
        wire [8:0] fresh = in{p}[9 * (number & (WRITES_{p} - 1)) +: 9] << to{p};
        wire [8:0] seen = WRITE_MODE_{p} == "WRITE_FIRST" ? (old & ~own) | (fresh & own) : old;
        wire [8:0] known = WRITE_MODE_{q} == "READ_FIRST" ? seen : seen ^ other;
        assign now{p}[9 * lane +: 9] = (known >> from{p}) & bits(READ_WIDTH_{p});
    end endgenerate
    generate if (WRITE_WIDTH_{p} > 8) for (lane = 0; lane < WRITES_{p}; lane = lane + 1) begin : write_{p}
        always @(posedge clock{p}) if (write{p}[lane]) memory[writes{p} + lane] <= in{p}[9 * lane +: 9];
    end else if (WRITE_WIDTH_{p} != 0) begin : write_{p}
        always @(posedge clock{p}) if (write{p}[0])
            memory[writes{p}][to{p} +: WRITE_WIDTH_{p}] <= in{p}[WRITE_WIDTH_{p} - 1:0];
    end endgenerate
"""

_FUNCTIONS = """
    genvar lane;
    // the address bits that choose a place in a byte, and the bits of a byte that are moved
    function [2:0] first(input integer width);
        first = width == 1 ? 7 : width == 2 ? 6 : width == 4 ? 4 : 0;
    endfunction
    function [8:0] bits(input integer width);
        bits = width < 9 ? (9'd1 << width) - 9'd1 : 9'h1ff;
    endfunction
"""


def xc7_models() -> str:
    """The Verilog of the modules ``RAMB18E1`` and ``RAMB36E1``."""
    return "\n".join(line for ram in _RAMS for line in _module(ram))


def _module(ram: _Ram) -> Iterator[str]:
    yield f"module {ram.name} #("
    yield from _parameters(ram)
    yield ") ("
    yield from _ports(ram)
    yield ");"
    yield f"    reg [8:0] memory [0:{ram.bytes - 1}];"
    yield "    integer n;"
    yield f"    initial for (n = 0; n < {_BYTES_AN_INIT}; n = n + 1) begin"
    for k in range(ram.inits):
        parity, start = divmod(k * _BYTES_AN_INIT, _PARITY_AN_INIT)
        value = f"{{INITP_{parity:02X}[{start} + n], INIT_{k:02X}[8 * n +: 8]}}"
        yield f"        memory[{k * _BYTES_AN_INIT} + n] = {value};"
    yield "    end"
    yield _FUNCTIONS
    yield from _inputs(ram)
    width = 2 * ram.lanes
    numbers = {"top": ram.address - 1, "high": ram.address - 4, "width": width, "last": width - 1}
    for p, q in ("AB", "BA"):
        yield _PORT.format(p=p, q=q, most=9 * width - 1, **numbers)
    yield from _outputs(ram)
    yield "endmodule"


def _parameters(ram: _Ram) -> Iterator[str]:
    yield '    parameter RAM_MODE = "TDP", parameter SIM_DEVICE = "7SERIES",'
    for p in "AB":
        yield f'    parameter WRITE_MODE_{p} = "WRITE_FIRST", parameter RAM_EXTENSION_{p} = "NONE",'
        yield f"    parameter READ_WIDTH_{p} = 0, parameter WRITE_WIDTH_{p} = 0, parameter DO{p}_REG = 0,"
        for name in ("INIT", "SRVAL"):
            yield f"    parameter [{9 * ram.lanes - 1}:0] {name}_{p} = 0,"
    yield "".join(f"    parameter [255:0] INITP_{k:02X} = 0,\n" for k in range(ram.inits // 8))
    yield ",\n".join(f"    parameter [255:0] INIT_{k:02X} = 0" for k in range(ram.inits))


def _ports(ram: _Ram) -> Iterator[str]:
    yield "    input CLKARDCLK, CLKBWRCLK, ENARDEN, ENBWREN, REGCEAREGCE, REGCEB,"
    yield "    input RSTRAMARSTRAM, RSTRAMB, RSTREGARSTREG, RSTREGB,"
    yield f"    input [{ram.pins - 1}:0] ADDRARDADDR, ADDRBWRADDR,"
    yield f"    input [{8 * ram.lanes - 1}:0] DIADI, DIBDI,"
    yield f"    input [{ram.lanes - 1}:0] DIPADIP, DIPBDIP, WEA,"
    yield f"    input [{2 * ram.lanes - 1}:0] WEBWE,"
    if ram.pins > ram.address:
        yield "    input CASCADEINA, CASCADEINB, output CASCADEOUTA, CASCADEOUTB,"
    yield f"    output [{8 * ram.lanes - 1}:0] DOADO, DOBDO,"
    yield f"    output [{ram.lanes - 1}:0] DOPADOP, DOPBDOP"


def _inputs(ram: _Ram) -> Iterator[str]:
    """The pins under the names of the two ports, data as bytes of 9 bits."""
    half, whole = 9 * ram.lanes, 18 * ram.lanes
    yield f"    localparam WIDEST = {whole};"
    yield "    initial if (DOA_REG != 0 | DOB_REG != 0) $fatal;"
    for p, clock, reset in (("A", "ARD", "ARSTRAM"), ("B", "BWR", "B")):
        yield f"    wire clock{p} = CLK{clock}CLK, enable{p} = EN{clock}EN, reset{p} = RSTRAM{reset};"
        yield f"    wire [{ram.pins - 1}:0] address{p} = ADDR{clock}ADDR;"
        yield f"    wire chosen{p} = {_chosen(ram, p)};"
        for name, parameter in (("START", "INIT"), ("CLEARED", "SRVAL")):
            low, high = (_mixed(f"{parameter}_{port}", ram.lanes) for port in "AB")
            yield f"    localparam [{whole - 1}:0] {name}_{p} = READ_WIDTH_{p} == WIDEST"
            yield f"        ? {{{high}, {low}}} : {{{half}'b0, {low if p == 'A' else high}}};"
    low, high = _bytes("DIADI", "DIPADIP", ram.lanes), _bytes("DIBDI", "DIPBDIP", ram.lanes)
    yield f"    wire [{whole - 1}:0] inA = {{{half}'b0, {low}}};"
    yield f"    wire [{whole - 1}:0] inB = {{WRITE_WIDTH_B == WIDEST ? {{{high}}} : {half}'b0,"
    yield f"        WRITE_WIDTH_B == WIDEST ? {{{low}}} : {{{high}}}}};"
    yield f"    wire [{2 * ram.lanes - 1}:0] strobeA = WEA, strobeB = WEBWE;"


def _chosen(ram: _Ram, p: str) -> str:
    """Whether a port's address is one of this RAM's."""
    if ram.pins == ram.address:
        return "1"
    return f'RAM_EXTENSION_{p} == "NONE" | address{p}[{ram.address}] == (RAM_EXTENSION_{p} == "UPPER")'


def _outputs(ram: _Ram) -> Iterator[str]:
    half = 9 * ram.lanes
    yield f"    wire [{half - 1}:0] outA = latchA;"
    yield f"    wire [{half - 1}:0] outB = READ_WIDTH_A == WIDEST ? latchA >> {half} : latchB;"
    for p, data, parity in (("A", "DOADO", "DOPADOP"), ("B", "DOBDO", "DOPBDOP")):
        yield f"    assign {{{_bytes(data, parity, ram.lanes, lowest=1)}}} = out{p}[{half - 1}:1];"
        if ram.pins == ram.address:
            yield f"    assign {data}[0] = out{p}[0];"
            continue
        # the upper one of two passes on what the lower one says, if that was asked
        yield f"    reg upper{p} = 0;"
        yield f"    always @(posedge clock{p}) if (enable{p}) upper{p} <= address{p}[{ram.address}];"
        yield f'    assign {data}[0] = RAM_EXTENSION_{p} == "UPPER" & ~upper{p} ? CASCADEIN{p} : out{p}[0];'
        yield f"    assign CASCADEOUT{p} = out{p}[0];"


def _bytes(data: str, parity: str, lanes: int, lowest: int = 0) -> str:
    """Two buses as bytes of 9 bits, the highest first; of the first byte the bits from ``lowest`` on."""
    first = f"{parity}[0], {data}[7:{lowest}]"
    others = [f"{parity}[{lane}], {data}[{8 * lane} +: 8]" for lane in reversed(range(1, lanes))]
    return ", ".join([*others, first])


def _mixed(value: str, lanes: int) -> str:
    """A parameter whose ninth bits stand above all others, as bytes of 9 bits."""
    lane_bits = (f"{value}[{8 * lanes + lane}], {value}[{8 * lane} +: 8]" for lane in reversed(range(lanes)))
    return ", ".join(lane_bits)
