"""Platforms: the known ones, and those made from a profile's own pins."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from amaranth.hdl import Module
from amaranth.lib import io
from support.narrow import present

from bnngen.base.errors import BoardError, MissingPackageError
from bnngen_boards import profile as profile_module
from bnngen_boards.platform import make_platform, resource_names
from bnngen_boards.profile import Board, board_names, load_board

ROUTED = [name for name in board_names() if load_board(name).place_and_route]


@pytest.mark.parametrize("name", ROUTED)
def test_every_board_that_is_routed(name: str) -> None:
    board = load_board(name)
    platform = make_platform(board)
    names = resource_names(board)
    assert (platform.device, platform.package) == (board.device, board.package)
    assert getattr(platform, "speed", "") == board.speed
    assert platform.lookup(names.clock).clock.frequency == present(board.clock.input_mhz) * 1e6
    uart = platform.request(names.uart, dir="-")
    assert (uart.rx.direction, uart.tx.direction) == (io.Direction.Input, io.Direction.Output)
    if names.led is not None:
        assert platform.request(names.led, dir="-").direction == io.Direction.Output


@pytest.mark.parametrize(
    ("name", "class_name", "clock", "header", "pins"),
    [
        ("upduino_v3", "UpduinoV3Platform", "clk12", ("j", 0), ("20", "19")),
        ("orangecrab_r0_2", "OrangeCrabR0_2_25FPlatform", "clk", ("io", 0), ("0", "1")),
    ],
)
def test_own_pins_agree_with_the_known_platform(
    name: str, class_name: str, clock: str, header: tuple[str, int], pins: tuple[str, str]
) -> None:
    """These boards' platforms have no UART: clock and device are theirs, the UART is on their headers."""
    board = load_board(name)
    own = present(board.pins)
    known = getattr(importlib.import_module(f"amaranth_boards.{name}"), class_name)()
    assert (known.device, known.package) == (board.device, board.package)
    assert known.lookup(clock).ios[0].names == [own.clock]
    assert known.lookup(clock).clock.frequency == present(board.clock.input_mhz) * 1e6
    sites = known.connectors[header].mapping
    assert [sites[pin] for pin in pins] == [own.uart_rx, own.uart_tx]


def test_no_platform_without_place_and_route(netlist_board: Callable[..., Path]) -> None:
    board = load_board(netlist_board())
    message = r"^board 'mine': family 'xc7' is synthesised only, without pins$"
    for ask in (make_platform, resource_names):
        with pytest.raises(BoardError, match=message):
            ask(board)


def blink(board: Board) -> dict[str, str]:
    """The files of a design that connects the LED with the serial input."""
    platform = make_platform(board)
    m = Module()
    uart, led = platform.request("uart", dir="-"), platform.request("led", dir="-")
    m.submodules.rx = rx = io.Buffer("i", uart.rx)
    m.submodules.tx = tx = io.Buffer("o", uart.tx)
    m.submodules.led = lamp = io.Buffer("o", led)
    m.d.comb += [lamp.o.eq(rx.i), tx.o.eq(rx.i)]
    result: dict[str, str] = platform.prepare(m).files
    return result


def test_own_pins(own_board: Callable[..., Path]) -> None:
    board = load_board(own_board())
    assert resource_names(board).led == "led"
    lines = blink(board)["top.pcf"].splitlines()
    assert {"set_io uart_0__rx__io B10", "set_io uart_0__tx__io B12", "set_io led_0__io B5"} <= set(lines)
    assert make_platform(board).default_clk_frequency == 12e6


def test_own_pins_without_led(own_board: Callable[..., Path]) -> None:
    board = load_board(own_board('led = "B5"\n', ""))
    assert resource_names(board).led is None
    assert make_platform(board).request("clk", dir="-").direction == io.Direction.Input


def test_own_ecp5_pins(own_board: Callable[..., Path]) -> None:
    path = own_board()
    text = path.read_text(encoding="utf-8")
    for old, new in [
        ("ice40", "ecp5"),
        ("iCE40HX8K", "LFE5U-25F"),
        ("CT256", 'BG256"\nspeed = "6'),
        ("SB_PLL40_PAD", "EHXPLLL"),
        ("IO_STANDARD", "IO_TYPE"),
        ("SB_LVCMOS", "LVCMOS33"),
    ]:
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    constraints = blink(load_board(path))["top.lpf"]
    assert 'IOBUF PORT "led_0__io" IO_TYPE=LVCMOS33;' in constraints
    assert 'LOCATE COMP "uart_0__rx__io" SITE "B10";' in constraints


def test_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("amaranth_boards")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "amaranth_boards", None)
    message = r"^board 'icebreaker' needs the package 'amaranth_boards', .*: pip install 'bnngen\[fpga\]'$"
    with pytest.raises(MissingPackageError, match=message):
        make_platform(load_board("icebreaker"))
    assert MissingPackageError.exit_status == 3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("amaranth_boards.nothing:Board", r"no module 'amaranth_boards\.nothing'"),
        ("amaranth_boards.icebreaker:Board", r"module 'amaranth_boards\.icebreaker' has no class 'Board'"),
    ],
)
def test_wrong_class(name: str, message: str) -> None:
    board = load_board("icebreaker")
    platform = present(board.platform).model_copy(update={"class_": name})
    with pytest.raises(BoardError, match=rf"^board 'icebreaker': platform\.class: {message}$"):
        make_platform(board.model_copy(update={"platform": platform}))


class TestModules:
    """Whose code a profile may have run: that of amaranth_boards, and what the user allows."""

    SOURCE = """\
from amaranth_boards.icebreaker import ICEBreakerPlatform
class Mine(ICEBreakerPlatform):
    pass
class Broken(ICEBreakerPlatform):
    def __init__(self):
        raise RuntimeError("no cable")
"""

    @pytest.fixture
    def profile(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Path]]:
        """Writes the iCEBreaker's profile with another class of platform; a package ``boards_of_mine`` can be
        imported, and one that tells when it is."""
        (tmp_path / "boards_of_mine").mkdir()
        (tmp_path / "boards_of_mine" / "one.py").write_text(self.SOURCE)
        (tmp_path / "trap.py").write_text(f"open({str(tmp_path / 'sprung')!r}, 'w').close()")
        (tmp_path / "amaranth_boards_trap.py").write_text(f"open({str(tmp_path / 'sprung')!r}, 'w').close()")
        monkeypatch.syspath_prepend(tmp_path)
        text = (Path(profile_module.__file__).parent / "icebreaker.toml").read_text()

        def write(name: str) -> Path:
            path = tmp_path / "mine.toml"
            path.write_text(text.replace("amaranth_boards.icebreaker:ICEBreakerPlatform", name))
            return path

        yield write
        assert not (tmp_path / "sprung").exists()

    @pytest.mark.parametrize(
        "name",
        ["os:system", "trap:X", "amaranth_boards_trap:X", "boards_of_mine.one:Mine", "boards_of_mine:Mine"],
    )
    def test_others_are_refused_and_not_imported(self, profile: Callable[[str], Path], name: str) -> None:
        with pytest.raises(BoardError) as error:
            load_board(profile(name), ["boards_of_mine.other", "boards_of", "one"])
        assert str(error.value).endswith(
            f"mine.toml:8: platform.class: found {name!r}; accepted: a class of amaranth_boards, "
            "or of a module that --allow-module names"
        )

    @pytest.mark.parametrize("allowed", ["boards_of_mine", "boards_of_mine.one"])
    def test_what_the_user_allows(self, profile: Callable[[str], Path], allowed: str) -> None:
        board = load_board(profile("boards_of_mine.one:Mine"), [allowed])
        assert type(make_platform(board)).__name__ == "Mine"
        assert make_platform(board.model_copy(update={"title": "x"})).device == "iCE40UP5K"

    def test_what_the_user_allows_and_does_not_have(self, profile: Callable[[str], Path]) -> None:
        board = load_board(profile("nowhere.at_all:Mine"), ["nowhere"])
        with pytest.raises(MissingPackageError, match=r"'nowhere', which is not installed: install nowhere$"):
            make_platform(board)

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("amaranth_boards.icebreaker:os", "module 'amaranth_boards.icebreaker' has no class 'os'"),
            ("amaranth_boards.icebreaker:Resource", "'Resource' is no platform of family 'ice40'"),
            ("amaranth_boards.icebreaker:LatticeICE40Platform", "is no platform of family 'ice40'"),
            ("amaranth_boards.ulx3s:ULX3S_85F_Platform", "is no platform of family 'ice40'"),
            ("boards_of_mine.one:Broken", "'boards_of_mine.one:Broken' can't be used: no cable"),
        ],
    )
    def test_what_is_no_platform(self, profile: Callable[[str], Path], name: str, message: str) -> None:
        board = load_board(profile(name), ["boards_of_mine"])
        with pytest.raises(BoardError, match=rf"^board 'icebreaker': platform\.class: .*{message}$"):
            make_platform(board)
