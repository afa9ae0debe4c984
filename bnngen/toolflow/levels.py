"""How deep the logic of a netlist is: the LUTs between two registers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from bnngen_boards.families.family import Family

Net = int
"""The number of one wire of a netlist."""


def lut_levels(family: Family, module: Mapping[str, Any]) -> int | None:
    """The greatest number of LUTs on a way between flip-flops, memories, multipliers and ports.

    ``module`` is one flat module as yosys' ``write_json`` describes it. Carry cells, wide multiplexers and
    inverters add no level, and reading a memory made of LUTs is one: ``family.levels`` says it. None if the
    logic has a loop, which cells of several bits may only seem to have.
    """
    levels: dict[Net, dict[Net, int]] = {}
    for cell in module["cells"].values():
        if inputs := _inputs(family, cell):
            levels |= dict.fromkeys(_outputs(cell), inputs)
    depth: dict[Net, int] = {}
    try:
        for net in TopologicalSorter(levels).static_order():
            sources = levels.get(net, {})
            depth[net] = max((depth[source] + cost for source, cost in sources.items()), default=0)
    except CycleError:
        return None
    return max(depth.values(), default=0)


def _inputs(family: Family, cell: Mapping[str, Any]) -> dict[Net, int]:
    """Each wire on which the outputs of ``cell`` depend at once, with the LUTs on the way."""
    inputs: dict[Net, int] = {}
    for port, nets in cell["connections"].items():
        cost = family.levels(cell["type"], port) if cell["port_directions"][port] == "input" else None
        if cost is not None:
            inputs |= {net: max(cost, inputs.get(net, 0)) for net in nets if isinstance(net, int)}
    return inputs


def _outputs(cell: Mapping[str, Any]) -> Iterator[Net]:
    for port, nets in cell["connections"].items():
        if cell["port_directions"][port] == "output":
            yield from (net for net in nets if isinstance(net, int))
