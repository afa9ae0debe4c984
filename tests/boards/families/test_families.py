"""What a device family must have, and that nobody else knows of one."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import get_args

import pytest
from amaranth.build import Platform
from amaranth.hdl import Instance, Signal

from bnngen.base.errors import BoardError
from bnngen.cost.lut_model import Structure
from bnngen.toolflow.netlist import models_of
from bnngen.toolflow.toolchain import TOOLS
from bnngen_boards.families import FAMILIES, PLLS, ROUTINGS, FamilyName, PllCell, family, two_port_width
from bnngen_boards.families.family import Family
from bnngen_boards.platform import make_platform
from bnngen_boards.profile import Board, board_names, load_board

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "boards" / "bnngen_boards" / "families"
WITHOUT_MODEL = {
    "MULT18X18D": "yosys has none, and engines have no products that it makes multipliers of",
}
NAMED_BY = {
    "bnngen/base/earlier.py": "history: the files that versions up to 0.1 wrote",
}
BOARDS = [load_board(name) for name in board_names()]


def families_in_files() -> Iterator[tuple[str, Family]]:
    for path in FOLDER.glob("[!_]*.py"):
        module = importlib.import_module(f"bnngen_boards.families.{path.stem}")
        yield from ((path.stem, found) for found in vars(module).values() if isinstance(found, Family))


def test_every_file_of_a_family_is_registered_under_its_name() -> None:
    assert sorted(name for name, _ in families_in_files()) == sorted(FAMILIES)
    assert all(FAMILIES[name] is found and found.name == name for name, found in families_in_files())


def test_a_family_that_there_is_not() -> None:
    assert family("ecp5") is FAMILIES["ecp5"]
    with pytest.raises(BoardError, match=r"^no device family 'ecp4': did you mean ecp5\?$"):
        family("ecp4")


def test_names_that_profiles_may_use() -> None:
    assert get_args(FamilyName) == tuple(FAMILIES)
    assert get_args(PllCell) == tuple(PLLS)


@pytest.mark.parametrize("name", FAMILIES)
class TestEveryFamily:
    def test_has_a_board(self, name: str) -> None:
        boards = [board for board in BOARDS if board.family == name]
        assert boards
        assert {board.resources.bram.kind for board in boards} == set(FAMILIES[name].block_rams)
        assert all(board.fastest_routed_mhz for board in boards)

    def test_has_a_command_for_every_device(self, name: str) -> None:
        for board in (board for board in BOARDS if board.family == name):
            command = FAMILIES[name].synthesis_command(board.device)
            assert command.startswith("synth_")
            options = FAMILIES[name].device_options
            assert not options or command != FAMILIES[name].synthesis

    def test_has_a_price_for_every_kind_of_structure(self, name: str) -> None:
        prices = FAMILIES[name].prices
        assert list(prices) == [kind.name for kind in fields(Structure)]
        assert min(prices.values()) >= 0

    def test_counts_every_resource(self, name: str) -> None:
        counts = FAMILIES[name].cells.values()
        for unit in ("lut", "ff", "bram", "dsp", "carry"):
            assert any(getattr(one, unit) for one in counts)
        needed = any(board.resources.spram for board in BOARDS if board.family == name)
        assert needed == any(one.spram for one in counts)

    def test_counts_no_cell_twice(self, name: str) -> None:
        modules = re.findall(r"^module (\w+)", models_of(name), re.MULTILINE)
        patterns = FAMILIES[name].cells
        for module in modules:
            assert sum(bool(re.fullmatch(pattern, module)) for pattern in patterns) <= 1

    def test_has_models_of_the_cells_that_it_counts(self, name: str) -> None:
        modules = re.findall(r"^module (\w+)(.*?)^endmodule", models_of(name), re.MULTILINE | re.DOTALL)
        acting = [module for module, body in modules if re.search(r"\b(assign|always)\b", body)]
        kinds = {kind for pattern in FAMILIES[name].cells for kind in pattern.split("|")}
        without = {kind for kind in kinds if not any(re.fullmatch(kind, module) for module in acting)}
        assert without <= set(WITHOUT_MODEL)

    def test_knows_the_levels_of_its_luts(self, name: str) -> None:
        luts = [kind for kind, one in FAMILIES[name].cells.items() if one.lut == 1]
        assert any(
            FAMILIES[name].levels(f"{kind.removesuffix('.*')}{n}", "A") for kind in luts for n in ("", 4)
        )
        assert FAMILIES[name].levels("no such cell", "A") is None

    def test_knows_its_block_rams(self, name: str) -> None:
        for kind, width in FAMILIES[name].block_rams.items():
            assert two_port_width(kind) == width


@pytest.mark.parametrize("name", ROUTINGS)
class TestEveryRoutedFamily:
    def test_plans_and_makes_a_clock(self, name: str) -> None:
        for pll in ROUTINGS[name].plls:
            plan = pll.plan(Fraction(25), Fraction(50))
            assert plan.out_mhz == 50
            made = plan.instance(pll.cell, Signal(), Signal(), Signal())
            assert isinstance(made, Instance)
            assert made.type == pll.cell

    def test_boards_have_its_plls_and_platform(self, name: str) -> None:
        routing = ROUTINGS[name]
        for board in (board for board in BOARDS if board.family == name):
            assert board.routing is routing
            assert board.clock.pll in {pll.cell for pll in routing.plls}
            assert isinstance(make_platform(board), routing.platform())
        assert issubclass(routing.platform(), Platform)

    def test_its_programs_are_tools(self, name: str) -> None:
        for program in ROUTINGS[name].programs:
            assert vars(TOOLS[program.name]) == vars(program)
        assert ROUTINGS[name].router.name.startswith("nextpnr-")

    def test_its_files_have_names_of_their_own(self, name: str) -> None:
        routing = ROUTINGS[name]
        endings = {routing.constraints, routing.layout, routing.bitstream}
        assert len(endings - {"json", "il", "v", "ys"}) == 3


@pytest.mark.parametrize("board", BOARDS, ids=board_names())
def test_boards_route_if_their_family_does(board: Board) -> None:
    assert board.place_and_route == (FAMILIES[board.family].routing is not None)
    if not board.place_and_route:
        with pytest.raises(AssertionError, match=f"family {board.family} has no place and route"):
            _ = board.routing


def sources() -> Iterator[Path]:
    """All files of the packages but those of the families and the profiles."""
    for package in ("bnngen", "boards", "sim", "hw"):
        for path in (ROOT / package).rglob("*"):
            profile = path.suffix == ".toml" and path.parent == FOLDER.parent
            if path.suffix not in ("", ".pyc") and FOLDER not in path.parents and not profile:
                yield path


def test_nothing_else_names_a_family_or_its_cells() -> None:
    programs = {program.name for routing in ROUTINGS.values() for program in routing.programs}
    cells = {kind for known in FAMILIES.values() for kind in known.block_rams}
    names = re.compile("|".join(map(re.escape, {*FAMILIES, *PLLS, *programs, *cells})), re.IGNORECASE)
    naming = {str(path.relative_to(ROOT)): names.findall(path.read_text("utf-8")) for path in sources()}
    assert len(naming) > 200
    assert {path: found for path, found in naming.items() if found}.keys() == NAMED_BY.keys()
