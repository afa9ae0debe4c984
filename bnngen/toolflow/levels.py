"""How deep the logic of a netlist is: the LUTs between two registers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

_LUT = re.compile(r"LUT[1-6]|SB_LUT4|CCU2C")
_NO_LEVEL = re.compile(r"CARRY4|MUXF[789]|SB_CARRY|PFUMX|L6MUX21|INV|[IO]BUF|BUFG")
_LUT_MEMORY = re.compile(r"TRELLIS_DPR16X4|RAM(32|64|128|256)[XM].*|SRL.*")
_READ_ADDRESS = re.compile(r"A\d?|ADDR[A-D]|DPRA\d?|RAD")

Net = int
"""The number of one wire of a netlist."""


def lut_levels(module: Mapping[str, Any]) -> int | None:
    """The greatest number of LUTs on a way between flip-flops, memories, multipliers and ports.

    ``module`` is one flat module as yosys' ``write_json`` describes it. Carry cells, wide multiplexers and
    inverters add no level, but an ECP5 adder cell has LUTs before its carries, and reading a memory made of
    LUTs is one. None if the logic has a loop, which cells of several bits may only seem to have.
    """
    levels: dict[Net, dict[Net, int]] = {}
    for cell in module["cells"].values():
        if inputs := _inputs(cell):
            levels |= dict.fromkeys(_outputs(cell), inputs)
    depth: dict[Net, int] = {}
    try:
        for net in TopologicalSorter(levels).static_order():
            sources = levels.get(net, {})
            depth[net] = max((depth[source] + cost for source, cost in sources.items()), default=0)
    except CycleError:
        return None
    return max(depth.values(), default=0)


def _inputs(cell: Mapping[str, Any]) -> dict[Net, int]:
    """Each wire on which the outputs of ``cell`` depend at once, with the LUTs on the way."""
    inputs: dict[Net, int] = {}
    for port, nets in cell["connections"].items():
        cost = _cost(cell["type"], port) if cell["port_directions"][port] == "input" else None
        if cost is not None:
            inputs |= {net: max(cost, inputs.get(net, 0)) for net in nets if isinstance(net, int)}
    return inputs


def _cost(kind: str, port: str) -> int | None:
    """The LUTs between an input and the outputs of a cell; None if a register or nothing is between them."""
    if _NO_LEVEL.fullmatch(kind):
        return 0
    if _LUT.fullmatch(kind):
        return 0 if port == "CIN" else 1
    return 1 if _LUT_MEMORY.fullmatch(kind) and _READ_ADDRESS.fullmatch(port) else None


def _outputs(cell: Mapping[str, Any]) -> Iterator[Net]:
    for port, nets in cell["connections"].items():
        if cell["port_directions"][port] == "output":
            yield from (net for net in nets if isinstance(net, int))
