"""The Python interface: what the command line can do, these can do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bnngen.passes.from_file import load
from bnngen.passes.from_torch import from_torch
from bnngen.reference.data_file import quantize
from bnngen.reference.network import Network
from bnngen.schedule.budget import Rate
from bnngen_boards.profile import Board, load_board

if TYPE_CHECKING:
    from bnngen.design import Design

__all__ = ["compile", "from_torch", "golden", "load"]


def golden(network: Network, x: NDArray[Any]) -> NDArray[np.int64]:
    """The exact integers (N, outputs) that the accelerator makes of real inputs ``x`` (N, ...).

    Raises DataError if ``x`` has the wrong shape or holds NaN or infinity.
    """
    return network.run(quantize(x, network))


def compile(
    network: Network, board: str | Path | Board, fps: Rate = None, clock_mhz: float | None = None
) -> Design:
    """``network`` fitted to a board: its name, the path of its profile, or the profile itself.

    ``fps``: the smallest design that reaches it; "link": that keeps the board's serial line busy; "max": the
    fastest that fits the whole device; None: the fastest within 70 % of its LUTs that routes within minutes.
    ``clock_mhz``: the wanted clock instead of the board's default.
    Raises FitError if nothing fits, BoardError for an unknown or faulty board.
    """
    from bnngen.fit import fit  # loads OR-tools, which `load` and `golden` don't need

    profile = board if isinstance(board, Board) else load_board(str(board))
    return fit(network, profile, fps, clock_mhz)
