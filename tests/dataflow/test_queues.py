"""Queues stand before what would let a burst wait, and nowhere else."""

from fractions import Fraction

import numpy as np

from bnngen.cost.option import Place
from bnngen.design import Design
from bnngen.ir.window import Window
from bnngen.numbers.datatypes import BIPOLAR
from bnngen.numbers.exact import exact_array
from bnngen.ops.add import Add
from bnngen.ops.conv2d import Conv2d
from bnngen.ops.threshold import Threshold
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.network import NETWORK_INPUT, Host, NamedLayer, Network
from bnngen.schedule.budget import host_link
from bnngen.schedule.planner import Schedule
from bnngen_boards.profile import load_board
from bnngen_hw.buffers.queued import Queued


def queues(design: Design) -> list[Queued]:
    return [part for part in design.chain if isinstance(part, Queued)]


def way_around(lanes: int) -> Design:
    """A layer that sends eight channels of every second line in a burst, two a beat; a convolution of it, and a sum of
    both, which take ``lanes`` channels a beat."""
    rng, board = np.random.default_rng(0), load_board("ulx3s_85f")
    activation = Threshold(rng.integers(-1, 2, (8, 1)), np.zeros(8, bool), BIPOLAR)
    one, zero = exact_array(1), exact_array(0)
    strided, whole = Window.plain((1, 1), (2, 1)), Window.plain((1, 1))
    first = Conv2d(rng.choice([-1, 1], (8, 1)), strided, (3, 3), BIPOLAR, groups=4, activation=activation)
    conv = Conv2d(rng.choice([-1, 1], (8, 8)), whole, (2, 3), BIPOLAR, activation=activation)
    add = Add((1, 1), (2, 3, 8), (BIPOLAR, BIPOLAR))
    layers = (
        NamedLayer("first", first, (NETWORK_INPUT,)),
        NamedLayer("conv", conv, (0,)),
        NamedLayer("add", add, (1, 0)),
    )
    network = Network((3, 3, 4), Quantizer(one, zero, "sign", BIPOLAR), layers, Host(one, zero))
    sizes = ((2, 1), (8, lanes), (lanes, lanes))
    options = []
    for number, (layer, (pe, simd)) in enumerate(zip(layers, sizes, strict=True)):
        every = layer.op.all_options(board, Place(first=number == 0, last=number == 2))
        options.append(next(o for o in every if o.folding.pe == pe and o.i_lanes == simd))
    return Design(Schedule(network, board, Fraction(60), tuple(options)))


def test_who_keeps_pace_needs_none() -> None:
    assert queues(way_around(2)) == []


def test_every_slow_reader_of_a_burst_gets_one() -> None:
    design = way_around(1)
    found = queues(design)
    assert len(found) == 2
    assert all(part.queue.capacity > 1 for part in found)
    planned = design.schedule.resources + host_link(design.schedule.board)
    assert design.resources.lut >= planned.lut + sum(
        part.queue.depth * part.queue.width // 16 for part in found
    )
    assert design.fifo_bits >= sum(part.buffer_bits for part in found)
    run = design.simulate(np.random.default_rng(1).choice([-1, 1], (12, 4, 3, 3)))
    assert (run.cycles_per_frame, run.latency_cycles) == (design.cycles_per_frame, design.latency_cycles)
