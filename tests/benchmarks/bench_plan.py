"""How many networks a second are fitted to a board, and what that is made of."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from bench import DIGITS, Row, Settings, Table, benchmark, measure
from numpy.typing import NDArray

import bnngen
from bnngen.cost.option import Option
from bnngen.cost.resources import Resources
from bnngen.reference.network import Network
from bnngen.schedule import cp_sat, labels
from bnngen.schedule.problem import Problem
from bnngen_boards.pll import plan_clock
from bnngen_boards.profile import Board, load_board

CP_SAT = "the choice by CP-SAT"
PLANS = {"tfc_1w1a_mnist": "icebreaker", "lfc_w1a1_mnist": "ulx3s_85f", "cnv_w1a1_cifar10": "zc706"}
"""Models of the shared folder, and the board of each."""


@benchmark("plan")
def plan(settings: Settings) -> list[Table]:
    """The fastest design of each network on its board, and the steps to it."""
    if settings.shared is None:
        table = _table(DIGITS / "digits_1w1a.onnx", "icebreaker", settings)
        table.notes.append(f"left out, for want of the shared models: {', '.join(PLANS)}")
        return [table]
    models = settings.shared / "models"
    return [_table(models / f"{name}.onnx", board, settings) for name, board in PLANS.items()]


def _table(path: Path, name: str, settings: Settings) -> Table:
    network, board = bnngen.load(path), load_board(name)
    problem = _problem(network, board)
    slowest = max(option.cycles for option in problem.solution or ())
    tables, limits = luts_of(problem.options, slowest), _limits(problem.budget)
    found = [rows and cost(tables, rows) for rows in (m.cheapest(tables, limits) for m in (labels, cp_sat))]
    if found[0] != found[1]:
        sys.exit(f"{path.name}: labels choose {found[0]:,} LUTs, CP-SAT {found[1]:,}")
    programs = {
        CP_SAT: lambda: cp_sat.cheapest(tables, limits),
        "the choice by labels": lambda: labels.cheapest(tables, limits),
        "the options of all layers": lambda: _problem(bnngen.load(path), board).options,
        "load and compile": lambda: bnngen.compile(bnngen.load(path), board),
        "compile, 1,000 frames/s": lambda: bnngen.compile(network, board, fps=1000),
    }
    timed = measure({what: (1, run) for what, run in programs.items()}, settings.rounds)
    rows = [Row(what, one.rate, "a second", one.ratio(timed[CP_SAT])) for what, one in timed.items()]
    return Table(f"plans of {path.stem} for the {name}", CP_SAT, rows)


def _problem(network: Network, board: Board) -> Problem:
    layers = [(layer.name, layer.op) for layer in network.layers if layer.op.foldable]
    return Problem(layers, board, plan_clock(board.clock, board.clock.default_mhz).out_mhz, None)


def luts_of(layers: Sequence[Sequence[Option]], slowest: int) -> list[NDArray[np.int64]]:
    """Each layer's options that take no more than ``slowest`` cycles: LUTs, and all that is limited."""
    return [
        np.array([(o.resources.lut, *_limits(o.resources)) for o in options if o.cycles <= slowest])
        for options in layers
    ]


def _limits(resources: Resources) -> NDArray[np.int64]:
    return np.array([resources.lut, resources.ff, resources.bram, resources.spram])


def cost(tables: Sequence[NDArray[np.int64]], rows: Sequence[int]) -> int:
    """The LUTs of a choice."""
    return sum(int(table[row, 0]) for table, row in zip(tables, rows, strict=True))
