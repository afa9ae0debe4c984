"""Designs with names and raw columns, and the programs that ask them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from support.host_programs import CHost, Line, python_host
from support.networks import make_network

import bnngen
from bnngen.host.board import link_of
from bnngen.host.generated.encoding import columns_of
from bnngen.host.generated.files import write_host_files
from bnngen.reference.names import Names
from bnngen.reference.network import Network
from bnngen.reference.preprocessing import NumberColumn, Preprocessing, WordColumn
from bnngen_sim import Interface

BITS = Preprocessing(
    (
        NumberColumn("rms (g)", (-0.0, 0.10000000149011612, 0.5, 1.5, 1e30), True, -1, 2),
        WordColumn("mount", ("desk", 'wall "x" */', "°"), (-1, -1, 1), (1, 1, -1)),
        NumberColumn("Temp °C", (18.25, 21.0, 1.401298464324817e-45 + 21.5), True, -1, 2, 20.5),
    ),
    "state",
)
"""What bipolar elements are made of."""
LEVELS = Preprocessing(
    (
        NumberColumn("speed", (0.25, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0), False, 0, 1),
        NumberColumn("int", (1.0, 2.0), False, 1, 3, 0.0),
        NumberColumn("never", (), False, 5, 1),
        WordColumn("mode", ("on", "off"), (0, 2), (7, 3)),
    )
)
"""What elements of three bits are made of."""


@dataclass(frozen=True)
class Programs:
    """A design in ``folder`` and its programs."""

    folder: Path
    network: Network
    interface: Interface
    python: ModuleType
    micropython: ModuleType
    c: CHost

    @property
    def rules(self) -> Preprocessing:
        rules = self.network.names.preprocessing
        assert isinstance(rules, Preprocessing)
        return rules

    def asked(self, port: int, frames: list[bytes], patience_s: float) -> dict[str, list[object]]:
        """What each of the programs hears from the board at this TCP port of this machine."""
        line = Line(port, patience_s)
        answers: dict[str, list[object]] = {"c": list(self.c.ask(line, frames))}
        line.close()
        line = Line(port, patience_s)
        board = self.micropython.Board(line)
        answers["micropython"] = [board.ask(frame) for frame in frames]
        line.close()
        with self.python.Board(f"socket://127.0.0.1:{port}", patience_s) as board:
            answers["python"] = [board.ask(frame) for frame in frames]
        return answers


def programs(network: Network, folder: Path, board: str = "icebreaker") -> Programs:
    """The programs of a design for ``network``."""
    bnngen.compile(network, board=board, fps=20_000).write_verilog(folder / "rtl")
    interface = Interface.load(folder / "rtl" / "interface.json")
    write_host_files(network, interface, link_of(interface), folder / "host")
    return programs_in(folder, network, folder)


def programs_in(folder: Path, network: Network, scratch: Path) -> Programs:
    """The programs that lie in ``folder`` with the design; what gcc makes goes to ``scratch``."""
    interface, host = Interface.load(folder / "rtl" / "interface.json"), folder / "host"
    rules = network.names.preprocessing
    columns = columns_of(rules, network.quantizer.type) if isinstance(rules, Preprocessing) else ()
    c = CHost(host, scratch, columns, interface.output.bits)
    python, micropython = (python_host(host / name) for name in ("bnn_host.py", "bnn_host_mp.py"))
    return Programs(folder, network, interface, python, micropython, c)


def named(rules: Preprocessing, kind: str, classes: tuple[str, ...]) -> Network:
    """A network whose raw columns become inputs of this kind."""
    network = make_network(3, [rules.elements, 16, len(classes)], [kind, "bipolar"])
    return replace(network, names=Names(classes, rules.names, rules))
