"""What the tools must be told for each device family: one place for each family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bnngen.toolflow.toolchain import ECPPACK, ICEPACK, NEXTPNR_ECP5, NEXTPNR_ICE40, Tool
from bnngen_boards.profile import Board

TOP = "top"
"""The name of the whole design, and of its files."""


@dataclass(frozen=True)
class Routing:
    """How a family's netlist becomes a bitstream: the programs, nextpnr's placer, what files are called."""

    router: Tool
    placer: str
    packer: Tool
    constraints: str
    layout: str
    bitstream: str

    @property
    def logs(self) -> list[str]:
        """The logs of both programs."""
        return [f"{tool.name}.log" for tool in (self.router, self.packer)]


@dataclass(frozen=True)
class Flow:
    """``synthesis`` is the yosys command; devices whose name begins with a key of ``kinds`` add its value.

    ``routing`` is None where no open place and route comes with pip.
    """

    synthesis: str
    routing: Routing | None
    kinds: Mapping[str, str] = field(default_factory=dict)

    def command(self, device: str) -> str:
        """The yosys command for one device."""
        kind = next((options for prefix, options in self.kinds.items() if device.startswith(prefix)), "")
        return self.synthesis + kind

    def script(self, read: str, top: str, device: str) -> str:
        """The yosys script that reads a design with the command ``read``, synthesises its module ``top``, and
        writes ``top``.json."""
        return _SCRIPT.format(read=read, top=top, synth=self.command(device))


WRITE_NETLIST = """\
# where yosys lies on this machine is nothing of the design
setattr -mod -unset src =*
setattr -unset src =*/*
write_json {top}.json
"""
"""The yosys commands that write ``top``.json."""

_SCRIPT = f"""\
# without this abc9 can spend minutes proving its own result
scratchpad -set abc9.verify 0
scratchpad -copy abc9.script.flow3 abc9.script
{{read}}
hierarchy -top {{top}}
proc
# equal registers are merged, but these are copies so that none drives too many lanes
select -set copies */w:x_copy* %ci:+$dff[Q] */t:$dff %i
setattr -set keep 1 @copies
{{synth}} -top {{top}}
{WRITE_NETLIST}"""


FLOWS = {
    "ice40": Flow(
        # -dff lets abc9 see through registers, which removes those that hold the same value
        "synth_ice40 -dff",
        Routing(NEXTPNR_ICE40, "heap", ICEPACK, f"{TOP}.pcf", f"{TOP}.asc", f"{TOP}.bin"),
        # their delays differ, and only one has multipliers
        {"iCE40HX": " -device hx", "iCE40LP": " -device lp", "iCE40UP": " -device u -dsp"},
    ),
    "ecp5": Flow(
        # wide multiplexers cost more LUTs than they save in compressor trees
        "synth_ecp5 -nowidelut -cmp2softlogic",
        # wires a fifth to two fifths shorter than those of heap, and routed in a sixth to a half of the time
        Routing(NEXTPNR_ECP5, "static", ECPPACK, f"{TOP}.lpf", f"{TOP}.config", f"{TOP}.bit"),
    ),
    "xc7": Flow(
        # the accelerator's ports are no pins, and its clock comes from elsewhere; on three networks
        # -nowidelut took 1 to 6 % more LUTs, -dff 3 % less to 4 % more, -nodsp no difference
        "synth_xilinx -family xc7 -abc9 -nosrl -flatten -noiopad -noclkbuf",
        None,
    ),
}
"""The flow of each device family."""


def flow_of(board: Board) -> Flow:
    """The flow for the family of ``board``."""
    return FLOWS[board.family]


def routing_of(board: Board) -> Routing:
    """How a board is placed and routed, which must be possible (``board.place_and_route``)."""
    routing = flow_of(board).routing
    assert routing is not None, f"family {board.family} has no place and route"
    return routing
