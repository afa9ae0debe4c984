"""The placed and routed netlist of a build as something to simulate: its cells, and a host on its line.

nextpnr writes what it has routed: the whole board design in cells of the device as they are configured, with
the carry chains, global buffers and constants that it made. Pads and PLL are taken away: pins become ports,
and the PLL's clock the one clock. Around that goes a host (`bnngen_sim.serial_host`), so that the board looks
like an accelerator from outside.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bnngen.base.errors import DataError, UsageError
from bnngen.reports.build import read_report
from bnngen.reports.records import SerialRecord, read_record
from bnngen.toolflow.flow import TOP
from bnngen.toolflow.netlist import models_of
from bnngen.toolflow.synthesis import ROUTED, SERIAL
from bnngen.toolflow.toolchain import YOSYS
from bnngen_boards.families import ROUTINGS
from bnngen_boards.families.routed_netlist import RoutedDesign
from bnngen_hw.edges.link import ACCELERATOR
from bnngen_sim.interface import Interface
from bnngen_sim.serial_host import serial_host


@contextmanager
def routed_folder(out: Path) -> Iterator[Path]:
    """A folder as ``rtl`` of the build ``out`` is, with its routed board and a host in place of its Verilog.

    Raises DataError if ``out`` is not a build folder, UsageError if it was not routed, what `models_of`
    raises, and MissingToolError and ToolError of yosys, which writes the Verilog.
    """
    family = read_report(out).family
    routed = out / "pnr" / ROUTED
    if not routed.is_file():
        raise UsageError(f"{routed}: no such file: run 'bnngen build' up to the step 'bitstream' first")
    if family not in ROUTINGS:
        raise UsageError(
            f"what is routed for family {family} can't be simulated; for {', '.join(ROUTINGS)} it can"
        )
    serial = read_record(out / "synth" / SERIAL, SerialRecord)
    with TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copyfile(out / "rtl" / "interface.json", folder / "interface.json")
        _write_board(routed, family, serial.pins.model_dump(exclude_none=True), folder)
        interface = Interface.load(folder / "interface.json")
        host = serial_host(interface, serial.divisor, serial.reset_cycles, serial.led_active_low)
        board = (folder / f"{TOP}.v").read_text(encoding="utf-8")
        verilog = "\n".join((host, board, models_of(family)))
        (folder / f"{ACCELERATOR}.v").write_text(verilog, encoding="utf-8")
        yield folder


def _write_board(routed: Path, family: str, pins: dict[str, str], folder: Path) -> None:
    """Writes the module ``top`` with the ports ``pins`` (clk, rx, tx, led) to ``top.v``."""
    try:
        netlist = json.loads(routed.read_text(encoding="utf-8"))
        design = RoutedDesign(netlist["modules"][TOP], {name: port for port, name in pins.items()})
        ROUTINGS[family].simplify(design)
        plain: dict[str, Any] = {"modules": {TOP: design.finished()}}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"'{routed}' is damaged ({type(error).__name__}: {error}); build again") from error
    (folder / "plain.json").write_text(json.dumps(plain), encoding="utf-8")
    YOSYS.run(["-p", f"read_json plain.json; write_verilog -noattr {TOP}.v"], folder, folder / "yosys.log")
