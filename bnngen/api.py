"""The Python interface: what the command line can do, these can do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bnngen.data import quantize
from bnngen.design import Design
from bnngen.frontend import import_onnx
from bnngen.network import Network
from bnngen.passes.class_output import with_class_output
from bnngen.passes.lower import lower
from bnngen.schedule.planner import Rate, plan
from bnngen_boards.profile import load_board


def load(path: str | Path, output: str | None = None) -> Network:
    """The integer network of a QONNX file, or of one in FINN's MultiThreshold dialect.

    ``output="class"`` adds an argmax where the network ends in scores.
    Raises ModelFileError or ModelError (see `bnngen.errors`).
    """
    network = lower(import_onnx(path))
    return with_class_output(network) if output == "class" else network


def golden(network: Network, x: NDArray) -> NDArray[np.int64]:
    """The exact integers (N, outputs) that the accelerator makes of real inputs ``x`` (N, ...).

    Raises DataError if ``x`` has the wrong shape or holds NaN or infinity.
    """
    return network.run(quantize(x, network))


def compile(network: Network, board: str | Path, fps: Rate = None, clock_mhz: float | None = None) -> Design:
    """``network`` fitted to a board (a name, or the path of a profile).

    ``fps``: the smallest design that reaches it; "max": the fastest that fits the whole device; None: the
    fastest within 70 % of its LUTs. ``clock_mhz``: the wanted clock instead of the board's default.
    Raises FitError if nothing fits, BoardError for an unknown or faulty board.
    """
    return Design(plan(network, load_board(str(board)), fps, clock_mhz))
