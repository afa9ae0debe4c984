"""From a board's profile to the Amaranth platform that knows its pins."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from dataclasses import dataclass
from typing import Any

from amaranth.build import Attrs, Clock, Pins, Resource, Subsignal

from bnngen.base.errors import BoardError, MissingPackageError
from bnngen_boards.profile import PLATFORMS, Board, PlatformClass
from bnngen_boards.profile import Pins as PinTable


@dataclass(frozen=True)
class ResourceNames:
    """What a board's clock, UART and LED are called on its platform; ``led`` is None where there is none."""

    clock: str
    uart: str
    led: str | None


def make_platform(board: Board) -> Any:
    """A fresh Amaranth platform for ``board``.

    Its clock, UART and LED are the resources that :func:`resource_names` names.

    Raises :class:`MissingPackageError` if ``amaranth_boards`` is needed and not installed, and
    :class:`BoardError` if what the profile names is no platform of the board's family, or if the board is
    synthesised only.
    """
    if board.pins is not None:
        return _own_platform(board, board.pins)()
    return _known_platform(board, _named_platform(board))


def resource_names(board: Board) -> ResourceNames:
    """What the board's clock, UART and LED are called on its platform.

    Raises :class:`BoardError` if the board is synthesised only: it has no platform.
    """
    if board.pins is None:
        named = _named_platform(board)
        return ResourceNames(named.clock, named.uart, named.led)
    return ResourceNames("clk", "uart", None if board.pins.led is None else "led")


def _named_platform(board: Board) -> PlatformClass:
    if board.platform is None:
        raise BoardError(f"board {board.name!r}: family {board.family!r} is synthesised only, without pins")
    return board.platform


def _known_platform(board: Board, named: PlatformClass) -> Any:
    """A platform of the class that the profile names, whose module is one that it may name."""
    package = named.class_.split(".")[0].split(":")[0]
    if importlib.util.find_spec(package) is None:
        how = "pip install 'bnngen[fpga]'" if package == PLATFORMS else f"install {package}"
        raise MissingPackageError(
            f"board {board.name!r} needs the package {package!r}, which is not installed: {how}"
        )
    where = f"board {board.name!r}: platform.class"
    try:
        return _platform_class(named.class_, board, where)()
    except BoardError:
        raise
    except ModuleNotFoundError as error:
        raise BoardError(f"{where}: no module {error.name!r}") from None
    except Exception as error:  # of somebody's code
        raise BoardError(f"{where}: {named.class_!r} can't be used: {error}") from error


def _platform_class(name: str, board: Board, where: str) -> type[Any]:
    """The class ``module:Class``. Raises BoardError if it is no platform of the board's family, and whatever
    the module raises."""
    module_name, class_name = name.split(":")
    found = getattr(importlib.import_module(module_name), class_name, None)
    if not isinstance(found, type):
        raise BoardError(f"{where}: module {module_name!r} has no class {class_name!r}")
    if not issubclass(found, board.routing.platform()) or inspect.isabstract(found):
        raise BoardError(f"{where}: {class_name!r} is no platform of family {board.family!r}")
    return found


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
    return type("OwnPlatform", (board.routing.platform(),), fields)


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
