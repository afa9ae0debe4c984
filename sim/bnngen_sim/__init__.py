"""Simulation of generated accelerators: packed streams, a fast batch simulator, cocotb test benches.

Works on a folder with ``bnn_accelerator.v``, its ``*.mem`` files and ``interface.json``; knows nothing of the
compiler that wrote them. The cocotb test bench is in ``bnngen_sim.cocotb_bench``, which alone needs cocotb.
"""

from bnngen.base.errors import InterfaceError, MissingToolError, SimulationError
from bnngen_sim.batch import BatchResult, simulate
from bnngen_sim.interface import Interface, Quantize
from bnngen_sim.stream_format import StreamFormat
from bnngen_sim.verilator import Simulator, build_simulator

__all__ = [
    "BatchResult",
    "Interface",
    "InterfaceError",
    "MissingToolError",
    "Quantize",
    "SimulationError",
    "Simulator",
    "StreamFormat",
    "build_simulator",
    "simulate",
]
