"""Device families: one file each, with all that is peculiar to it.

A family is a :class:`Family` in its own file, and its name below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from bnngen.base.errors import BoardError
from bnngen.base.text import near_names
from bnngen_boards.families.ecp5 import ECP5
from bnngen_boards.families.family import Family
from bnngen_boards.families.ice40 import ICE40
from bnngen_boards.families.xc7 import XC7

FAMILIES = {known.name: known for known in (ICE40, ECP5, XC7)}
"""Every family by its name."""
ROUTINGS = {name: known.routing for name, known in FAMILIES.items() if known.routing is not None}
"""How those are placed and routed that can be; the others are synthesised only."""
PLLS = {pll.cell: pll for routing in ROUTINGS.values() for pll in routing.plls}
"""Every PLL by the name of its cell."""

if TYPE_CHECKING:
    FamilyName = str
    PllCell = str
else:
    FamilyName = Literal[tuple(FAMILIES)]
    PllCell = Literal[tuple(PLLS)]


def family(name: str) -> Family:
    """The family of this name. Raises :class:`BoardError` if there is none."""
    if name not in FAMILIES:
        raise BoardError(f"no device family {name!r}: {near_names(name, FAMILIES)}")
    return FAMILIES[name]


def two_port_width(block_ram: str) -> int:
    """The widest word that two ports of a block memory can both read, 0 if it has one port or is unknown."""
    return max(known.block_rams.get(block_ram, 0) for known in FAMILIES.values())
