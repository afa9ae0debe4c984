"""What is done to a routed netlist of each family so that yosys can write it as Verilog."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

Nets = list[int | str]
_VECTOR_PIN = re.compile(r"(\w+?)_(\d+)")


class Design:
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
        return self._pads[tuple(nets)]

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
        return self._next

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


_ICE_NAMES = {"ICESTORM_RAM": "SB_RAM40_4K", "ICESTORM_SPRAM": "SB_SPRAM256KA", "ICESTORM_DSP": "SB_MAC16"}
"""The cells whose models yosys has under another name, with vectors for single pins."""
_ICE_CLOCKS = ("NEG_CLK", "NEG_CLK_R", "NEG_CLK_W")
"""Parameters of clocks that are inverted, which the models do not have."""
_ICE_HIGH = ("CEN", "RCLKE", "WCLKE")
"""Inputs that are high where nothing drives them."""


def _ice40(design: Design) -> None:
    for name, cell in list(design.cells.items()):
        nets = cell["connections"]
        if cell["type"] == "SB_IO":
            pad = design.pad(nets["PACKAGE_PIN"])
            design.port(pad, "input", nets.get("D_IN_0", []))
            design.port(pad, "output", nets.get("D_OUT_0", []))
        elif cell["type"] == "ICESTORM_PLL":
            design.constant(nets["LOCK"], "1")
            design.port("clk", "input", nets["PLLOUT_A"])
        elif cell["type"] == "SB_GB" and not nets["USER_SIGNAL_TO_GLOBAL_BUFFER"]:
            design.port("clk", "input", nets["GLOBAL_BUFFER_OUTPUT"])  # driven by the PLL beside it
        else:
            tie_open_inputs(cell, "0", _ICE_HIGH)
            if cell["type"] in _ICE_NAMES:
                cell["type"] = _ICE_NAMES[cell["type"]]
                design.gather(cell)
                for clock in _ICE_CLOCKS:
                    if cell["parameters"].get(clock) == "0":
                        del cell["parameters"][clock]
            continue
        del design.cells[name]


def _ecp5(design: Design) -> None:
    for name, cell in list(design.cells.items()):
        nets, parameters = cell["connections"], cell["parameters"]
        if cell["type"] == "TRELLIS_IO":
            pad = design.pad(nets["B"])
            design.port(pad, "input", nets.get("O", []))
            design.port(pad, "output", nets.get("I", []))
        elif cell["type"] == "EHXPLLL":
            design.constant(nets["LOCK"], "1")
            design.port("clk", "input", nets["CLKOS"])
        elif cell["type"] == "DCCA":
            design.constant(nets["CLKO"], nets["CLKI"][0])
        else:
            tie_open_inputs(cell, "1", ("LSR",))
            if parameters.pop("SD", "1 ") == "0 ":  # the register takes its data past the LUT
                nets["DI"] = nets.pop("M")
            if cell["type"] == "DP16KD":
                _choose_inputs(design, cell)
            continue
        del design.cells[name]


def _choose_inputs(design: Design, cell: dict[str, Any]) -> None:
    """Applies the parameters that make a pin constant or invert it."""
    for name in [name for name in cell["parameters"] if name.endswith("MUX")]:
        pin, choice = name.removesuffix("MUX"), cell["parameters"].pop(name).strip()
        if choice == "INV":
            cell["connections"][pin] = design.inverse(cell["connections"][pin])
        elif choice in ("0", "1"):
            cell["connections"][pin] = [choice]


PLAIN: dict[str, Callable[[Design], None]] = {"ice40": _ice40, "ecp5": _ecp5}
"""For each family: pads and PLL become ports, and cells get the names and pins of their models."""
