"""AMD 7 series."""

from __future__ import annotations

import re

from bnngen_boards.families.cell_counts import CellCounts
from bnngen_boards.families.family import Family
from bnngen_boards.families.xc7_models import xc7_models

_NO_LEVEL = re.compile(r"CARRY4|MUXF[789]|INV|[IO]BUF|BUFG")
_MEMORY = re.compile(r"RAM(32|64|128|256)[XM].*|SRL.*")
_READ_ADDRESS = re.compile(r"A\d?|ADDR[A-D]|DPRA\d?")


def _levels(kind: str, port: str) -> int | None:
    if _NO_LEVEL.fullmatch(kind):
        return 0
    if re.fullmatch("LUT[1-6]", kind):
        return 1
    return 1 if _MEMORY.fullmatch(kind) and _READ_ADDRESS.fullmatch(port) else None


# written by tests/benchmarks/calibrate_luts.py
PRICES = {
    "xnor_counters": 0.944,
    "and_counters": 0.95,
    "adders": 0.832,
    "choices": 0.749,
    "comparisons": 0.441,
    "tables": 1.316,
    "rom_choices": 0.655,
    "queue": 0.7,
    "rotating": 1.034,
    "slices": 0.846,
    "control": 0.758,
    "engines": 5.218,
    "buffers": 2.492,
}

XC7 = Family(
    name="xc7",
    # the accelerator's ports are no pins, and its clock comes from elsewhere; on three networks
    # -nowidelut took 1 to 6 % more LUTs, -dff 3 % less to 4 % more, -nodsp no difference
    synthesis="synth_xilinx -family xc7 -abc9 -nosrl -flatten -noiopad -noclkbuf",
    device_options={},
    routing=None,
    # LUT1 to LUT6 count one each, though two small ones with common inputs may share a place. INV counts
    # nothing: vendor tools push an inverter into what it feeds. Those in front of a carry cell's or a
    # flip-flop's data take a LUT there after all, about one in a hundred. Carry cells and the multiplexers
    # behind LUTs stand beside them. A block memory is counted in RAMB18: a RAMB36 is two.
    cells={
        "LUT.*": CellCounts(lut=1),
        "SRL16E|SRLC16E|SRLC32E": CellCounts(lut=1),
        "RAM32X1S|RAM64X1S": CellCounts(lut=1),
        "RAM128X1S|RAM32X1D|RAM64X1D": CellCounts(lut=2),
        "RAM256X1S|RAM128X1D|RAM32M|RAM64M": CellCounts(lut=4),
        "FD.*": CellCounts(ff=1),
        "RAMB18.*": CellCounts(bram=1),
        "RAMB36.*": CellCounts(bram=2),
        "DSP48E1": CellCounts(dsp=1),
        "CARRY4": CellCounts(carry=1),
    },
    levels=_levels,
    block_rams={"RAMB18": 18},
    models=("xilinx/cells_sim.v",),
    own_models=xc7_models,
    prices=PRICES,
    # of FINN's designs: nothing is routed here
    fastest_mhz={"xc7": 200.0},
)
