"""``bnngen boards``: the list, one board, and what each can do."""

import json
from pathlib import Path

import pytest
from support.command_line import Cli

from bnngen_boards.profile import board_names, load_board


def rows(output: str) -> dict[str, list[str]]:
    """The cells of each row of a table, by its first cell; a cell's further lines are joined to it."""
    table: dict[str, list[str]] = {}
    name = ""
    for line in output.splitlines():
        if not line.startswith("│"):
            continue
        first, *rest = [cell.strip() for cell in line.strip("│").split("│")]
        name = first or name
        before = table.setdefault(name, [""] * len(rest))
        table[name] = [f"{old} {new}".strip() for old, new in zip(before, rest, strict=True)]
    return table


def test_the_list_says_what_each_board_can_do(cli: Cli) -> None:
    status, output, _ = cli("boards")
    assert status == 0
    table = rows(output)
    assert list(table) == board_names()
    assert table["icebreaker"] == ["iCE40UP5K", "bitstream", "5,280", "30 x 4", "30 MHz by PLL"]
    assert table["zc706"] == ["xc7z045", "synthesis", "218,600", "1090 x 18", "200 MHz assumed"]


def test_the_list_says_the_same_as_the_profiles(cli: Cli) -> None:
    table = rows(cli("boards")[1])
    for name in board_names():
        board = load_board(name)
        assert (table[name][1] == "bitstream") == board.place_and_route
        assert f"{board.clock.default_mhz:g} MHz" in table[name][4]


def test_an_oscillator_without_a_pll_is_named(cli: Cli, tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "boards" / "bnngen_boards" / "icebreaker.toml"
    profile = tmp_path / "slow.toml"
    profile.write_text(source.read_text().replace("default_mhz = 30", "default_mhz = 12"))
    assert rows(cli("boards", profile)[1])["default clock"] == ["12 MHz oscillator"]


@pytest.mark.parametrize(
    ("name", "makes", "clock"),
    [("icebreaker", "bitstream", "30 MHz by PLL"), ("pynq_z1", "synthesis", "100 MHz assumed")],
)
def test_one_board(cli: Cli, name: str, makes: str, clock: str) -> None:
    status, output, _ = cli("boards", name)
    assert status == 0
    table = rows(output)
    assert (table["up to"], table["default clock"]) == ([makes], [clock])
    assert table["resources.lut"] == [str(load_board(name).resources.lut)]
    assert ("uart.baud" in table) == ("loaded by" in table) == (makes == "bitstream")


@pytest.mark.parametrize(
    ("name", "loaded"),
    [
        ("icebreaker", "iceprog or openFPGALoader, into flash"),
        ("ulx3s_85f", "openFPGALoader, into sram or flash"),
    ],
)
def test_how_a_board_is_loaded(cli: Cli, name: str, loaded: str) -> None:
    assert rows(cli("boards", name)[1])["loaded by"] == [loaded]


def test_json(cli: Cli) -> None:
    board = json.loads(cli("boards", "icebreaker", "--json", "-")[1])
    assert (board["resources"]["lut"], board["place_and_route"]) == (5280, True)
    every = json.loads(cli("boards", "--json", "-")[1])
    assert sorted(every) == board_names()
    assert every["pynq_z1"]["place_and_route"] is False
    assert every["pynq_z1"]["uart"] is None


def test_an_unknown_board_suggests_near_names(cli: Cli) -> None:
    status, _, errors = cli("boards", "ulx3s")
    assert status == 2
    assert "ulx3s_85f" in errors


def test_a_profile_names_no_module_that_is_not_allowed(cli: Cli, tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "boards" / "bnngen_boards" / "icebreaker.toml"
    (tmp_path / "b.toml").write_text(source.read_text().replace("amaranth_boards.icebreaker", "os"))
    for command in (
        ("boards", tmp_path / "b.toml"),
        ("build", "m.onnx", "--board", tmp_path / "b.toml", "--out", "x"),
    ):
        status, _, errors = cli(*command)
        assert status == 2
        assert (
            "platform.class: found 'os:ICEBreakerPlatform'; accepted: a class of amaranth_boards, or"
            in errors
        )
    assert cli("boards", tmp_path / "b.toml", "--allow-module", "os")[0] == 0
