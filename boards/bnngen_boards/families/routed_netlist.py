"""A routed netlist, and what can be done to it so that yosys can write it as Verilog."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

Nets = list[int | str]
_VECTOR_PIN = re.compile(r"(\w+?)_(\d+)")


class RoutedDesign:
    """The module that nextpnr wrote, whose pads become ports: ``pins`` maps a pad's name to a port's."""

    def __init__(self, module: Mapping[str, Any], pins: Mapping[str, str]) -> None:
        self.cells: dict[str, Any] = dict(module["cells"])
        self._pads = {tuple(port["bits"]): pins.get(name, name) for name, port in module["ports"].items()}
        self._ports: dict[str, Any] = {}
        self._alias: dict[int | str, int | str] = {}
        self._next = 1 + max(
            net for cell in self.cells.values() for nets in cell["connections"].values() for net in nets
        )

    def pad(self, nets: Nets) -> str:
        """The port of the pad with these nets."""
        return str(self._pads[tuple(nets)])

    def port(self, name: str, direction: str, nets: Nets) -> None:
        """Makes nets a port, if there are any; a port of that name that exists already is one with them."""
        if not nets:
            return
        if name in self._ports:
            self.constant(nets, self._ports[name]["bits"][0])
        else:
            self._ports[name] = {"direction": direction, "bits": nets}

    def constant(self, nets: Nets, value: int | str) -> None:
        """Ties nets to "0", "1" or another net."""
        self._alias.update(dict.fromkeys(nets, value))

    def inverse(self, nets: Nets) -> Nets:
        """The inverse of a net, from a cell of the model ``INV``."""
        if nets[0] in ("0", "1"):
            return ["1" if nets[0] == "0" else "0"]
        inverted: Nets = [self._unused()]
        directions = {"A": "input", "Z": "output"}
        connections = {"A": nets, "Z": inverted}
        cell = {"type": "INV", "parameters": {}, "port_directions": directions, "connections": connections}
        self.cells[f"inverse{inverted[0]}"] = cell
        return inverted

    def gather(self, cell: dict[str, Any]) -> None:
        """Makes vectors of pins that are named ``NAME_0`` and so on."""
        nets: dict[str, Any] = {}
        directions: dict[str, str] = {}
        vectors: dict[str, dict[int, Nets]] = {}
        for pin, bits in cell["connections"].items():
            found = _VECTOR_PIN.fullmatch(pin)
            name = found[1] if found else pin
            directions[name] = cell["port_directions"][pin]
            if found:
                vectors.setdefault(name, {})[int(found[2])] = bits
            else:
                nets[pin] = bits
        for name, parts in vectors.items():
            nets[name] = [(parts.get(bit) or [self._unused()])[0] for bit in range(max(parts) + 1)]
        cell["connections"], cell["port_directions"] = nets, directions

    def _unused(self) -> int:
        self._next += 1
        return int(self._next)

    def finished(self) -> dict[str, Any]:
        """The module for yosys."""
        for cell in self.cells.values():
            cell["attributes"] = {}
            cell["connections"] = {pin: self._renamed(nets) for pin, nets in cell["connections"].items()}
        ports = {name: {**port, "bits": self._renamed(port["bits"])} for name, port in self._ports.items()}
        return {"attributes": {}, "ports": ports, "cells": self.cells, "netnames": {}}

    def _renamed(self, nets: Nets) -> Nets:
        return [self._end(net) for net in nets]

    def _end(self, net: int | str) -> int | str:
        """What a net is tied to in the end. Raises ValueError if it is tied to itself."""
        passed = {net}
        while net in self._alias:
            net = self._alias[net]
            if net in passed:
                raise ValueError(f"net {net} is tied to itself")
            passed.add(net)
        return net


def tie_open_inputs(cell: dict[str, Any], value: str, others: Collection[str]) -> None:
    """Inputs that nothing drives read as ``value``, those named in ``others`` as its inverse."""
    other = "1" if value == "0" else "0"
    for pin, nets in cell["connections"].items():
        if not nets and cell["port_directions"][pin] == "input":
            cell["connections"][pin] = [other if pin in others else value]
