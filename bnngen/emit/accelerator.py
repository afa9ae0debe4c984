"""The top module: a row of stream components between two AXI4-Stream ports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amaranth.hdl import Elaboratable, Module, Signal
from amaranth.lib.wiring import connect

from bnngen_hw.axis import AxiStreamSink, AxiStreamSource
from bnngen_hw.component import StreamComponent
from bnngen_hw.rom_block import SharedRom

PORTS = (
    "s_axis_tdata",
    "s_axis_tvalid",
    "s_axis_tready",
    "s_axis_tlast",
    "m_axis_tdata",
    "m_axis_tvalid",
    "m_axis_tready",
    "m_axis_tlast",
    "frame_error",
)
"""The ports beside ``clk`` and ``rst``, in the order of the Verilog module."""


class Accelerator(Elaboratable):
    """``chain`` starts with an AxiStreamSink and ends with an AxiStreamSource.

    Ports, all active high: ``s_axis_*`` takes frames, ``m_axis_*`` gives them, ``frame_error`` rises and
    stays when ``s_axis_tlast`` comes with the wrong beat. Throughput and latency are those of the chain.
    """

    def __init__(self, chain: Sequence[StreamComponent]) -> None:
        self._chain = list(chain)
        sink, source = self._chain[0], self._chain[-1]
        assert isinstance(sink, AxiStreamSink)
        assert isinstance(source, AxiStreamSource)
        widths = {"s_axis_tdata": len(sink.i.tdata), "m_axis_tdata": len(source.o.tdata)}
        self.ports = {name: Signal(widths.get(name, 1), name=name) for name in PORTS}

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        for index, component in enumerate(self._chain):
            m.submodules[f"part{index}_{type(component).__name__}"] = component
        for index, memory in enumerate(self._shared_roms()):
            m.submodules[f"shared_rom{index}"] = memory
        for before, after in zip(self._chain, self._chain[1:], strict=False):
            connect(m, before.o, after.i)
        sink, source = self._chain[0], self._chain[-1]
        for name in ("tdata", "tvalid", "tlast"):
            m.d.comb += getattr(sink.i, name).eq(self.ports[f"s_axis_{name}"])
            m.d.comb += self.ports[f"m_axis_{name}"].eq(getattr(source.o, name))
        m.d.comb += [
            self.ports["s_axis_tready"].eq(sink.i.tready),
            source.o.tready.eq(self.ports["m_axis_tready"]),
            self.ports["frame_error"].eq(sink.frame_error),
        ]
        return m

    def _shared_roms(self) -> list[SharedRom]:
        """The memories that engines share, each once."""
        return list(
            dict.fromkeys(shared for part in self._chain for rom in part.roms for shared in rom.shared)
        )
