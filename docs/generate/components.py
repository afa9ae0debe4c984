"""A page for each room of the hardware library: each component with a picture, a paragraph and its ports."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import bnngen_hw
from bnngen_hw.part import Part
from docs.generate.picture import picture
from docs.generate.ports import Port, ports_of
from docs.generate.prose import prose

HEAD = """\
Thick arrows are streams (valid, ready and a payload of so many bits), thin ones signals. The widths are
formulas of the constructor's parameters and of the attributes that it sets. Clock and reset are not drawn.
"""


def components() -> dict[str, list[type[Part]]]:
    """The components of each room (its package's name): the public ones that are hardware."""
    rooms: dict[str, list[type[Part]]] = {}
    for info in pkgutil.walk_packages(bnngen_hw.__path__, "bnngen_hw."):
        module = importlib.import_module(info.name)
        for name, value in inspect.getmembers(module, inspect.isclass):
            public = value.__module__ == info.name and not name.startswith("_")
            if public and issubclass(value, Part) and hasattr(value, "elaborate"):
                rooms.setdefault(info.name.rpartition(".")[0], []).append(value)
    return rooms


def hardware_pages() -> dict[str, str]:
    """The page of each room that has components, by its place on the site."""
    return {f"components/{room}.md": "\n".join(_page(room, kinds)) for room, kinds in components().items()}


def _page(room: str, kinds: list[type[Part]]) -> Iterator[str]:
    yield f"# {room}\n"
    yield f"{inspect.getdoc(importlib.import_module(room))}\n"
    yield HEAD
    for kind in kinds:
        ports = ports_of(kind)
        yield f"## {kind.__name__}\n"
        yield f"`{kind.__module__}`\n"
        yield f"<figure>{picture(kind.__name__, ports)}</figure>\n"
        yield f"{prose(inspect.getdoc(kind) or '')}\n"
        yield "| port | direction | kind | bits |\n|---|---|---|---|"
        yield "\n".join(map(_row, ports)) + "\n"
        yield f"[All of its methods](../reference/{room}.md#{kind.__module__}.{kind.__qualname__})\n"


def _row(port: Port) -> str:
    return f"| `{port.name}` | {port.direction} | {port.kind} | `{port.width}` |"
