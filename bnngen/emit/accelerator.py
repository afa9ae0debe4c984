"""The top module: stream components between two AXI4-Stream ports."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Elaboratable, Module, Signal
from amaranth.lib.wiring import connect

from bnngen.dataflow.dataflow import Dataflow
from bnngen_hw.component import StreamComponent
from bnngen_hw.edges.axis import AxiStreamSink, AxiStreamSource
from bnngen_hw.roms.rom_block import SharedRom
from bnngen_hw.streams.fork import Fork

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
    """``dataflow`` starts with an AxiStreamSink and ends with an AxiStreamSource.

    Ports, all active high: ``s_axis_*`` takes frames, ``m_axis_*`` gives them, ``frame_error`` rises and
    stays when ``s_axis_tlast`` comes with the wrong beat. Throughput and latency are those of the dataflow.
    """

    def __init__(self, dataflow: Dataflow) -> None:
        self._dataflow = dataflow
        sink, source = dataflow.parts[0], dataflow.parts[-1]
        assert isinstance(sink, AxiStreamSink)
        assert isinstance(source, AxiStreamSource)
        widths = {"s_axis_tdata": len(sink.i.tdata), "m_axis_tdata": len(source.o.tdata)}
        self.ports = {name: Signal(widths.get(name, 1), name=name) for name in PORTS}

    def elaborate(self, platform: Any) -> Module:
        """The parts, the memories that they share, and the connections of the dataflow."""
        m = Module()
        parts = self._dataflow.parts
        for index, component in enumerate(parts):
            m.submodules[f"part{index}_{type(component).__name__}"] = component
        for index, memory in enumerate(self._shared_roms()):
            m.submodules[f"shared_rom{index}"] = memory
        for index, component in enumerate(parts[:-1]):
            self._connect(m, index, component)
        sink, source = parts[0], parts[-1]
        for name in ("tdata", "tvalid", "tlast"):
            m.d.comb += getattr(sink.i, name).eq(self.ports[f"s_axis_{name}"])
            m.d.comb += self.ports[f"m_axis_{name}"].eq(getattr(source.o, name))
        assert isinstance(sink, AxiStreamSink)
        m.d.comb += [
            self.ports["s_axis_tready"].eq(sink.i.tready),
            source.o.tready.eq(self.ports["m_axis_tready"]),
            self.ports["frame_error"].eq(sink.frame_error),
        ]
        return m

    def _connect(self, m: Module, index: int, component: StreamComponent) -> None:
        """The stream of a part to its readers, through a fork if there are several."""
        readers = [self._input(*reader) for reader in self._dataflow.readers(index)]
        if len(readers) == 1:
            connect(m, component.o, readers[0])
            return
        m.submodules[f"fork{index}"] = fork = Fork(len(component.o.payload), len(readers))
        connect(m, component.o, fork.i)
        for k, reader in enumerate(readers):
            connect(m, getattr(fork, f"o{k}"), reader)

    def _input(self, number: int, place: int) -> Any:
        """A part's input port."""
        several = len(self._dataflow.sources[number]) > 1
        return getattr(self._dataflow.parts[number], f"i{place}" if several else "i")

    def _shared_roms(self) -> list[SharedRom]:
        """The memories that engines share, each once."""
        return list(
            dict.fromkeys(shared for part in self._dataflow for rom in part.roms for shared in rom.shared)
        )
