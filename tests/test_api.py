"""What `compile` adds to a plan: the whole design fits, and reaches the rate."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

import bnngen
from bnngen.api import CLOSE
from bnngen.datatypes import BIPOLAR, IntType
from bnngen.design import Design
from bnngen.exact import exact_array
from bnngen.network import Host, NamedLayer, Network
from bnngen.ops.conv2d import Conv2d
from bnngen.ops.threshold import Threshold
from bnngen.ops.window import Window
from bnngen.quantizer import Quantizer
from bnngen.schedule.budget import available
from bnngen.schedule.planner import plan
from bnngen_boards.profile import load_board


def convolutions(size: int, channels: list[int]) -> Network:
    """3 x 3 convolutions of bits behind an 8-bit image."""
    rng, layers, spatial = np.random.default_rng(0), [], (size, size)
    type_ = first = IntType(-128, 127)
    for number, (columns, rows) in enumerate(pairwise(channels)):
        weights = rng.integers(0, 2, (rows, 9 * columns)) * 2 - 1
        activation = Threshold(rng.integers(-9, 9, (rows, 1)), np.zeros(rows, bool), BIPOLAR)
        conv = Conv2d(weights, Window.plain((3, 3)), spatial, type_, activation=activation)
        layers.append(NamedLayer(f"conv{number}", conv))
        spatial, type_ = conv.positions, BIPOLAR
    one, zero = exact_array(1), exact_array(0)
    quantizer = Quantizer(one, zero, "half_even", first)
    return Network((size, size, 1), quantizer, tuple(layers), Host(one, zero))


def test_the_lines_of_a_whole_design_fit_too() -> None:
    """A fast layer in front of a slow one: more words wait between them than two windows hold."""
    network, board = convolutions(28, [1, 32, 32, 48, 64]), load_board("icebreaker")
    assert Design(plan(network, board)).resources.bram > available(board).bram
    assert bnngen.compile(network, board).resources.bram <= available(board).bram


def test_what_does_not_fit_at_full_speed_loses_no_more_speed_than_it_must() -> None:
    """Nothing that fits and has a rate to reach is clearly faster than what has none."""
    network, board = convolutions(28, [1, 32, 40, 40]), load_board("icebreaker")
    fastest, found = Design(plan(network, board)), bnngen.compile(network, board)
    assert found.fps < fastest.fps
    slowest = int(found.cycles_per_frame * (1 - CLOSE))
    for cycles in range(fastest.cycles_per_frame, slowest, 200):
        faster = Design(plan(network, board, cycles=cycles))
        assert faster.resources.bram > available(board).bram
