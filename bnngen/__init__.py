"""bnngen: from a trained binarized or low-bit neural network to a verified FPGA accelerator.

import bnngen
network = bnngen.load("model.onnx")
y = bnngen.golden(network, x)                       # exact integers
design = bnngen.compile(network, board="icebreaker")
design.write_verilog("out/rtl")
result = design.build("out")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnngen.base.errors import BnngenError

if TYPE_CHECKING:
    from bnngen.api import compile, golden, load

__all__ = ["BnngenError", "compile", "golden", "load"]


def __getattr__(name: str) -> Any:
    """The three functions load what they need when first used, so that importing the package is quick."""
    if name in ("compile", "golden", "load"):
        from bnngen import api

        return getattr(api, name)
    raise AttributeError(f"module 'bnngen' has no attribute '{name}'")
