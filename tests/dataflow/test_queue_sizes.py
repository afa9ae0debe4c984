"""The queues of a residual block: as long as the static schedule says, and not a word longer than needed."""

from fractions import Fraction
from typing import Any

import numpy as np
from amaranth.sim import Simulator
from support.narrow import present

from bnngen.cost.option import Place
from bnngen.dataflow.dataflow import Dataflow
from bnngen.dataflow.ring_sizes import words_held
from bnngen.design import Design
from bnngen.emit.accelerator import Accelerator
from bnngen.emit.verilog import interface
from bnngen.ir.window import Window
from bnngen.numbers.datatypes import BIPOLAR
from bnngen.numbers.exact import exact_array
from bnngen.ops.add import Add
from bnngen.ops.conv2d import Conv2d
from bnngen.ops.threshold import Threshold
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.network import Host, NamedLayer, Network
from bnngen.schedule.planner import Schedule
from bnngen_boards.profile import load_board
from bnngen_hw.buffers.join import Join

FRAMES = 4


def residual_block() -> Design:
    """A layer, then a convolution over its map of 8 x 8, and the way around that."""
    rng, board = np.random.default_rng(0), load_board("ulx3s_85f")
    window = Window((3, 3), (1, 1), (1, 1), (1, 1), (1, 1))
    activation = Threshold(rng.integers(-5, 5, (2, 1)), np.zeros(2, bool), BIPOLAR)
    one, zero = exact_array(1), exact_array(0)
    first = Conv2d(rng.choice([-1, 1], (2, 2)), Window.plain((1, 1)), (8, 8), BIPOLAR, activation=activation)
    conv = Conv2d(rng.choice([-1, 1], (2, 18)), window, (8, 8), BIPOLAR, activation=activation)
    add = Add((1, 1), (8, 8, 2), (BIPOLAR, BIPOLAR))
    layers = (NamedLayer("first", first), NamedLayer("conv", conv), NamedLayer("add", add, (1, 0)))
    network = Network((8, 8, 2), Quantizer(one, zero, "sign", BIPOLAR), layers, Host(one, zero))
    options = []
    for number, layer in enumerate(layers):
        every = layer.op.all_options(board, Place(first=number == 0, last=number == 2))
        options.append(next(o for o in every if o.folding.pe == o.i_lanes == 2))
    return Design(Schedule(network, board, Fraction(60), tuple(options)))


def stalls(design: Design, dataflow: Dataflow) -> int | None:
    """In how many cycles the way around waits for room, while frames go through, one every
    ``cycles_per_frame`` cycles; None if that never ends."""
    top, port = Accelerator(dataflow), interface(design.schedule)
    join = next(part for part in dataflow if isinstance(part, Join))
    codes = np.random.default_rng(1).choice([-1, 1], (FRAMES, 128))
    words = [int.from_bytes(beat.tobytes(), "little") for frame in port.input.pack(codes) for beat in frame]
    due = [f * design.cycles_per_frame for f in range(FRAMES) for _ in range(len(words) // FRAMES)]
    counts = {"stalls": 0, "out": 0}

    async def bench(ctx: Any) -> None:
        sent = 0
        ctx.set(top.ports["m_axis_tready"], 1)
        for cycle in range((FRAMES + 3) * design.cycles_per_frame):
            offered = sent < len(words) and cycle >= due[sent]
            ctx.set(top.ports["s_axis_tvalid"], offered)
            ctx.set(top.ports["s_axis_tdata"], words[sent] if offered else 0)
            sent += offered and ctx.get(top.ports["s_axis_tready"])
            counts["stalls"] += ctx.get(join.i1.valid & ~join.i1.ready)
            counts["out"] += ctx.get(top.ports["m_axis_tvalid"])
            await ctx.tick()

    simulator = Simulator(top)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return counts["stalls"] if counts["out"] == FRAMES * port.output.beats_per_frame else None


def with_queues(change: int) -> tuple[Design, Dataflow]:
    """The block, and its dataflow with queues so much longer than needed."""
    design = residual_block()
    dataflow = design.chain
    (place,) = (k for k, part in enumerate(dataflow) if isinstance(part, Join))
    period = max(part.least_interval for part in dataflow)
    short, long = words_held(dataflow, 64, period, FRAMES)[place]
    return design, with_capacities(dataflow, [short, long + change])


def with_capacities(dataflow: Dataflow, words: list[int]) -> Dataflow:
    """The same with queues for so many words."""
    parts = (part.with_capacities(words) if isinstance(part, Join) else part for part in dataflow)
    return Dataflow(tuple(parts), dataflow.sources)


def test_the_queue_is_as_long_as_needed_and_no_longer() -> None:
    """The way around never waits; with one place less it does, and with hardly any the block hangs."""
    assert stalls(*with_queues(0)) == 0
    assert present(stalls(*with_queues(-1))) > 0
    design, dataflow = with_queues(0)
    assert stalls(design, with_capacities(dataflow, [1, 1])) is None
