"""From a board's profile to the Amaranth platform that knows its pins."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from amaranth.build import Attrs, Clock, Pins, Resource, Subsignal
from amaranth.vendor import LatticeECP5Platform, LatticeICE40Platform

from bnngen_boards.errors import BoardError, MissingPackageError
from bnngen_boards.profile import Board, PlatformClass
from bnngen_boards.profile import Pins as PinTable

_VENDOR = {"ice40": LatticeICE40Platform, "ecp5": LatticeECP5Platform}


def make_platform(board: Board) -> Any:
    """A fresh Amaranth platform for ``board``.

    Its clock, UART and LED are the resources that :func:`resource_names` names.

    Raises :class:`MissingPackageError` if ``amaranth_boards`` is needed and not installed, and
    :class:`BoardError` if it does not have the class that the profile names, or if the board is
    synthesised only.
    """
    if board.pins is not None:
        return _own_platform(board, board.pins)()
    return _known_platform(board.name, _named_platform(board))()


def resource_names(board: Board) -> PlatformClass:
    """What the board's clock, UART and LED are called on its platform.

    Raises :class:`BoardError` if the board is synthesised only: it has no platform.
    """
    if board.pins is None:
        return _named_platform(board)
    led = None if board.pins.led is None else "led"
    return PlatformClass.model_validate({"class": "own:pins", "clock": "clk", "uart": "uart", "led": led})


def _named_platform(board: Board) -> PlatformClass:
    if board.platform is None:
        raise BoardError(f"board {board.name!r}: family {board.family!r} is synthesised only, without pins")
    return board.platform


def _known_platform(board_name: str, named: PlatformClass) -> Any:
    module_name, class_name = named.class_.split(":")
    package = module_name.split(".")[0]
    if importlib.util.find_spec(package) is None:
        raise MissingPackageError(
            f"board {board_name!r} needs the package {package!r}, which is not installed: "
            "pip install 'bnngen[fpga]'"
        )
    where = f"board {board_name!r}: platform.class"
    try:
        return getattr(importlib.import_module(module_name), class_name)
    except ModuleNotFoundError:
        raise BoardError(f"{where}: no module {module_name!r}") from None
    except AttributeError:
        raise BoardError(f"{where}: module {module_name!r} has no class {class_name!r}") from None


def _own_platform(board: Board, pins: PinTable) -> Any:
    """A platform class built from a profile's own pins."""
    fields = {
        "device": board.device,
        "package": board.package,
        "speed": board.speed,
        "default_clk": "clk",
        "resources": _resources(board, pins),
        "connectors": [],
    }
    return type("OwnPlatform", (_VENDOR[board.family],), fields)


def _resources(board: Board, pins: PinTable) -> list[Any]:
    attributes = Attrs(**pins.attributes)
    assert board.clock.input_mhz is not None  # a profile with pins has an oscillator
    clock = Clock(board.clock.input_mhz * 1e6)
    uart = [Subsignal("rx", Pins(pins.uart_rx, dir="i")), Subsignal("tx", Pins(pins.uart_tx, dir="o"))]
    resources = [
        Resource("clk", 0, Pins(pins.clock, dir="i"), clock, attributes),
        Resource("uart", 0, *uart, attributes),
    ]
    if pins.led is not None:
        led = Pins(pins.led, dir="o", invert=pins.led_active_low)
        resources.append(Resource("led", 0, led, attributes))
    return resources
