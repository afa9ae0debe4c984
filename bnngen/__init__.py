"""bnngen: from a trained binarized or low-bit neural network to a verified FPGA accelerator.

From a file to a bitstream:

    import bnngen
    network = bnngen.load("model.onnx")                 # or bnngen.from_torch(module, example_input)
    y = bnngen.golden(network, x)                       # exact integers
    design = bnngen.compile(network, board="icebreaker")
    design.write_verilog("out/rtl")
    result = design.build("out")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnngen.base.errors import BnngenError
from bnngen_hw._renamed import answer_to

if TYPE_CHECKING:
    from bnngen.api import compile, from_torch, golden, load

__all__ = ["BnngenError", "compile", "from_torch", "golden", "load"]

answer_to(
    {
        "bnngen.data": "bnngen.reference.data_file",
        "bnngen.datatypes": "bnngen.numbers.datatypes",
        "bnngen.errors": "bnngen.base.errors",
        "bnngen.exact": "bnngen.numbers.exact",
        "bnngen.graph": "bnngen.ir.graph",
        "bnngen.network": "bnngen.reference.network",
        "bnngen.quantizer": "bnngen.reference.input_quantizer",
        "bnngen.report": "bnngen.reports.build",
        "bnngen.rounding": "bnngen.numbers.rounding",
        "bnngen.build": "bnngen.toolflow",
        "bnngen_boards.errors": "bnngen.base.errors",
        "bnngen_sim.errors": "bnngen.base.errors",
    }
)


def __getattr__(name: str) -> Any:
    """The functions load what they need when first used, so that importing the package is quick."""
    if name in ("compile", "from_torch", "golden", "load"):
        from bnngen import api

        return getattr(api, name)
    raise AttributeError(f"module 'bnngen' has no attribute '{name}'")
