"""Whether a recipe's network fits a board, asked of the scheduler before anything is trained."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from bnngen.api import compile, load
from bnngen.base.errors import FitError, RecipeError
from bnngen.design import Design
from bnngen.schedule.budget import Rate, available
from bnngen.train.batch_norm import measure_again
from bnngen.train.export import export_model
from bnngen.train.inputs import Prepared
from bnngen.train.recipe import Recipe
from bnngen.train.trainee import build_network
from bnngen_boards.profile import Board, load_board

SAMPLES = 64
"""So many training samples tell how far apart the thresholds will be. With 512 of them the estimate of LUTs
differs by up to 0.7 %, as it does with another seed."""
LUT_SHARE = 0.85
"""A design may take this part of the device's LUTs: its LUTs are an estimate, and it has to be routed."""


DIGITS = 12
"""So many digits of a digest tell recipes, boards and networks from each other."""


@dataclass(frozen=True)
class BoardTarget:
    """The board, by its name or path or as it is, and the frames a second."""

    board: str | Board
    rate: Rate = None

    @property
    def name(self) -> str:
        """What the board is called."""
        return self.board.name if isinstance(self.board, Board) else self.board

    @property
    def digest(self) -> str:
        """What tells the board's profile from every other."""
        board = self.board if isinstance(self.board, Board) else load_board(self.board)
        return hashlib.sha256(board.model_dump_json().encode()).hexdigest()[:DIGITS]


def fitted(recipe: Recipe, prepared: Prepared, target: BoardTarget) -> Design | None:
    """The untrained network on the ``target``, or None if it does not fit, or nothing of its maps is left.

    What a design takes depends on the sizes and the bits. The values decide only what tables of thresholds
    take and which ROM columns are equal; for that the batch norms are measured on some training samples.
    """
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.train.seed)  # the same recipe always costs the same
            network = build_network(recipe, prepared)
        measure_again(network.body, [torch.from_numpy(prepared.data.train.x[:SAMPLES]).float()])
        with TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            export_model(network.body, path, prepared.shape)
            design = compile(load(path), target.board, target.rate)
    except (FitError, RecipeError):
        return None
    return design if fits_well(design) else None


def fits_well(design: Design) -> bool:
    """Whether the design, as estimated, is within the device and leaves room to route."""
    have, need = available(design.schedule.board), design.resources
    return need.bram <= have.bram and need.lut <= LUT_SHARE * have.lut
