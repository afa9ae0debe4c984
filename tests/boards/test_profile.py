"""Board profiles: what they say, and what a mistake in one says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bnngen.base.errors import BoardError
from bnngen_boards.families import FAMILIES, ROUTINGS
from bnngen_boards.profile import board_names, load_board

ROOT = Path(__file__).parents[2]


def test_names() -> None:
    assert {"icebreaker", "ulx3s_85f", "pynq_z1"} <= set(board_names())
    assert board_names() == sorted(board_names())


@pytest.mark.parametrize("name", board_names())
def test_every_board_loads_under_its_own_name(name: str) -> None:
    board = load_board(name)
    assert board.name == name
    assert board.clock.default_mhz > 0


@pytest.mark.parametrize(
    ("name", "lut", "blocks", "kind", "dsp", "crystal"),
    [
        ("icebreaker", 5280, 30, "SB_RAM40_4K", 8, 12),
        ("upduino_v3", 5280, 30, "SB_RAM40_4K", 8, 12),
        ("ice40_hx8k_b_evn", 7680, 32, "SB_RAM40_4K", 0, 12),
        ("orangecrab_r0_2", 24288, 56, "DP16KD", 28, 48),
        ("colorlight_5a75b_r7_0", 24288, 56, "DP16KD", 28, 25),
        ("ulx3s_85f", 83640, 208, "DP16KD", 156, 25),
    ],
)
def test_facts_of_boards_that_are_routed(
    name: str, lut: int, blocks: int, kind: str, dsp: int, crystal: float
) -> None:
    board = load_board(name)
    bram = board.resources.bram
    assert (board.resources.lut, board.resources.ff, board.resources.dsp) == (lut, lut, dsp)
    assert (bram.blocks, bram.kind) == (blocks, kind)
    assert (board.clock.input_mhz, board.fabric.lut_inputs) == (crystal, 4)
    assert board.place_and_route


@pytest.mark.parametrize(
    ("name", "lut", "blocks", "dsp", "mhz"),
    [
        ("pynq_z1", 53200, 280, 220, 100),
        ("arty_a7_100", 63400, 270, 240, 100),
        ("zc706", 218600, 1090, 900, 200),
    ],
)
def test_facts_of_boards_that_are_synthesized_only(
    name: str, lut: int, blocks: int, dsp: int, mhz: float
) -> None:
    board = load_board(name)
    bram = board.resources.bram
    assert (board.resources.lut, board.resources.ff, board.resources.dsp) == (lut, 2 * lut, dsp)
    assert (bram.blocks, bram.kind, board.resources.lutram_bits) == (blocks, "RAMB18", 64)
    assert (board.clock.default_mhz, board.fabric.lut_inputs) == (mhz, 6)
    assert not board.place_and_route
    assert (board.clock.input_mhz, board.clock.pll, board.uart, board.platform, board.pins) == (None,) * 5


def test_why_there_is_no_bitstream() -> None:
    assert load_board("zc706").no_bitstream == (
        "zc706 gets no bitstream: no open place and route for family xc7 comes with pip"
    )


@pytest.mark.parametrize("name", board_names())
def test_some_shape_uses_the_whole_block(name: str) -> None:
    bram = load_board(name).resources.bram
    assert max(width * depth for width, depth in bram.shapes) == bram.bits


def test_block_shapes() -> None:
    assert load_board("icebreaker").resources.bram.shapes == ((16, 256), (8, 512), (4, 1024), (2, 2048))
    assert load_board("ulx3s_85f").resources.bram.shapes[0] == (36, 512)


def test_a_board_is_frozen() -> None:
    with pytest.raises(Exception, match="frozen"):
        load_board("icebreaker").name = "other"


def test_unknown_name_suggests() -> None:
    with pytest.raises(
        BoardError, match=r"^no board 'icebraker': did you mean icebreaker\?, or give the path"
    ):
        load_board("icebraker")
    with pytest.raises(BoardError, match=r"^no board 'zzz': accepted: arty_a7_100, "):
        load_board("zzz")
    assert BoardError.exit_status == 2


def test_own_file(own_board: Callable[..., Path]) -> None:
    board = load_board(str(own_board()))
    assert board.name == "mine"
    assert board.pins is not None
    assert board.pins.attributes == {"IO_STANDARD": "SB_LVCMOS"}
    assert load_board(own_board()) == board


def test_own_file_without_place_and_route(netlist_board: Callable[..., Path]) -> None:
    board = load_board(netlist_board())
    assert not board.place_and_route
    assert board.clock.default_mhz == 100


def test_a_table_that_a_netlist_does_not_need(netlist_board: Callable[..., Path]) -> None:
    path = netlist_board("[clock]", "[uart]\nbaud = 1000000\nbuffer_bytes = 512\n[clock]")
    with pytest.raises(BoardError, match=r"which is synthesised only.*; found here: \[uart\]$"):
        load_board(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("lut = 7680", "lut = 0", "resources.lut: found 0; accepted: greater than 0"),
        ("lut = 7680", "lut = 100000001", "resources.lut: found 100000001; accepted: less than or equal to"),
        ("lut = 7680", f"lut = {10**30}", "resources.lut: found a whole number of more than 64 bits"),
        (
            "bits = 4096",
            "bits = 99999999",
            "resources.bram.bits: found 99999999; accepted: less than or equal",
        ),
        ("[[16, 256]]", "[[16, 100]]", "resources.bram: accepted: shapes that use half of 4096 bits or more"),
        ("[[16, 256]]", str([[16, 256]] * 65), "resources.bram.shapes: found [[16, 256], "),
        ("baud = 1000000", "baud = 0", "uart.baud: found 0; accepted: greater than or equal to 300"),
        ("baud = 1000000", "baud = 1", "uart.baud: found 1; accepted: greater than or equal to 300"),
        ("default_mhz = 48", "default_mhz = 1e-300", "clock.default_mhz: found 1e-300; accepted: greater"),
        ("default_mhz = 48", "default_mhz = 1e300", "clock.default_mhz: found 1e+300; accepted: less than"),
        (
            "default_mhz = 48",
            "default_mhz = 1e400",
            "clock.default_mhz: found inf; accepted: a finite number",
        ),
        ("default_mhz = 48", "default_mhz = nan", "clock.default_mhz: found nan; accepted: a finite number"),
        ("levels_per_stage = 2", "levels_per_stage = 9999", "fabric.levels_per_stage: found 9999; accepted:"),
        (
            "buffer_bytes = 512",
            "buffer_bytes = 99999999",
            "uart.buffer_bytes: found 99999999; accepted: less",
        ),
        ("lut = 7680", 'lut = "7680"', "resources.lut: found '7680'; accepted: a valid integer"),
        ("lut = 7680\n", "", "resources.lut: missing"),
        ("lut = 7680", "luts = 7680", "resources.luts: unknown field; did you mean lut?"),
        ("kind =", "kin =", "resources.bram.kin: unknown field; did you mean kind?"),
        ("led =", "let =", "pins.let: unknown field; did you mean led?"),
        ("title =", "tittle =", "tittle: unknown field; did you mean title?"),
        (
            "[uart]\nbaud = 1000000\nbuffer_bytes = 512\n",
            "",
            "accepted: family 'ice40' with clock.input_mhz, clock.pll, [uart]; missing here: [uart]",
        ),
        ("input_mhz = 12\n", "", "missing here: clock.input_mhz"),
        # nothing of these gets to a program as an option, or into constraints as a line
        (
            '"CT256"',
            '"CT256 --log /tmp/x"',
            "package: found 'CT256 --log /tmp/x'; accepted: String should match",
        ),
        ('"CT256"', '"--log=/tmp/x"', "package: found '--log=/tmp/x'; accepted: String should match"),
        ('"iCE40HX8K"', '"$(x)"', "device: found '$(x)'; accepted: String should match"),
        ('"CT256"', '"CT256"\nspeed = "6 -x"', "speed: found '6 -x'; accepted: String should match"),
        ('"J3"', '"J3 # x"', "pins.clock: found 'J3 # x'; accepted: String should match"),
        (
            '"SB_LVCMOS"',
            '"X\\ny"',
            "pins.attributes.IO_STANDARD: found 'X\\ny'; accepted: text without control characters",
        ),
        ('pll = "SB_PLL40_PAD"\n', "", "missing here: clock.pll"),
        ('"ice40"', '"ice50"', "family: found 'ice50'; accepted: 'ice40', 'ecp5' or 'xc7'"),
        ("lut_inputs = 4", "lut_inputs = 5", "fabric.lut_inputs: found 5; accepted: 4 or 6"),
        (
            '"ice40"',
            '"xc7"',
            "accepted: family 'xc7', which is synthesised only, without clock.input_mhz, clock.pll, [uart], "
            "[platform], [pins], [loading]; found here: clock.input_mhz, clock.pll, [uart], [pins]",
        ),
        ("[[16, 256]]", "[[16, 256, 1]]", "resources.bram.shapes.0"),
        (
            "[[16, 256]]",
            "[[16, 257]]",
            "resources.bram: accepted: shapes of at most 4096 bits, which 16 x 257",
        ),
        ("input_mhz = 12", "input_mhz = nan", "clock.input_mhz: found"),
        (
            "SB_PLL40_PAD",
            "EHXPLLL",
            "accepted: clock.pll = 'SB_PLL40_PAD' or 'SB_PLL40_CORE' for family 'ice40'",
        ),
        (
            "[resources]",
            '[platform]\nclass = "amaranth_boards.a:B"\nclock = "c"\nuart = "u"\n[resources]',
            "exactly one of the tables [platform] and [pins], not both",
        ),
        (
            '[pins]\nclock = "J3"\nuart_rx = "B10"\nuart_tx = "B12"\nled = "B5"\n'
            'attributes = { IO_STANDARD = "SB_LVCMOS" }\n',
            "",
            "exactly one of the tables [platform] and [pins], not neither",
        ),
    ],
)
def test_mistakes(own_board: Callable[..., Path], old: str, new: str, message: str) -> None:
    path = own_board(old, new)
    with pytest.raises(BoardError) as caught:
        load_board(path)
    lines = str(caught.value).splitlines()
    assert any(re.match(rf"{re.escape(str(path))}:\d+: ", line) and message in line for line in lines)


def test_all_mistakes_come_in_one_message(own_board: Callable[..., Path]) -> None:
    path = own_board('title = "A board of my own"\nfamily = "ice40"', 'title = 3\nfamily = "x"')
    with pytest.raises(BoardError) as caught:
        load_board(path)
    assert str(caught.value).splitlines() == [
        f"{path}:2: title: found 3; accepted: a valid string",
        f"{path}:3: family: found 'x'; accepted: 'ice40', 'ecp5' or 'xc7'",
    ]


def test_toml_error_names_the_line(own_board: Callable[..., Path]) -> None:
    path = own_board("dsp = 0", "dsp = ")
    with pytest.raises(BoardError, match=r"mine\.toml: not valid TOML: .*line 17"):
        load_board(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(BoardError, match=r"none\.toml: cannot be read: No such file or directory"):
        load_board(tmp_path / "none.toml")


def test_not_text(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(BoardError, match=r"not UTF-8 text: .* at byte 8"):
        load_board(tmp_path / "x.toml")


def routed_clocks() -> Iterator[tuple[str, float]]:
    """(device, MHz) of every routed design in the tables of the README and of docs/boards.md."""
    for page in ("README.md", "docs/boards.md"):
        for line in (ROOT / page).read_text(encoding="utf-8").splitlines():
            cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
            boards = [cell for cell in cells if cell in board_names()]
            clock = re.fullmatch(r"([\d.]+) MHz", cells[-1])
            if boards and clock:
                yield load_board(boards[0]).device, float(clock[1])


def test_the_fastest_routed_clocks_are_those_of_the_tables() -> None:
    known = {name: mhz for family in ROUTINGS for name, mhz in FAMILIES[family].fastest_mhz.items()}
    fastest: dict[str, float] = {}
    for device, mhz in routed_clocks():
        (name,) = [name for name in known if device.startswith(name)]
        fastest[name] = max(mhz, fastest.get(name, 0))
    assert fastest == known
