"""Whole accelerators in the Amaranth simulator: outputs against golden, cycles against the schedule."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from amaranth.sim import Simulator
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.narrow import of_type
from support.networks import branching_networks, make_network, map_networks

from bnngen.cost.folding import Folding
from bnngen.cost.option import Option, Place
from bnngen.cost.resources import Resources
from bnngen.design import Design
from bnngen.emit.accelerator import Accelerator
from bnngen.emit.verilog import interface
from bnngen.ir.window import Window
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import exact_array
from bnngen.ops.add import Add
from bnngen.ops.conv2d import Conv2d
from bnngen.ops.dense import Dense
from bnngen.ops.max_pool import MaxPool
from bnngen.ops.upsample import Upsample
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.network import NETWORK_INPUT, Host, NamedLayer, Network
from bnngen.schedule.planner import Schedule
from bnngen.toolflow.simulation import random_frames
from bnngen_boards.profile import load_board
from bnngen_hw.memories import FeedStyle, RomStyle
from bnngen_sim.interface import Interface

Beat = tuple[int, int]
"""The cycle in which an output beat was taken, and its tdata."""


def fold(network: Network, data: st.DataObject) -> Design:
    """A design with any folding of every layer, also such as no solver would choose."""
    options: list[Option | None] = []
    for index, layer in enumerate(network.layers):
        if not isinstance(layer.op, Dense):
            options.append(None)
            continue
        pe = data.draw(st.integers(1, layer.op.elements_out), f"pe{index}")
        simd = data.draw(st.integers(1, layer.op.elements_in), f"simd{index}")
        rom: RomStyle = data.draw(st.sampled_from(["block", "logic"]), f"rom{index}")
        feed: FeedStyle = data.draw(st.sampled_from(["block", "registers"]), f"feed{index}")
        folding = Folding(pe, simd)
        options.append(Option(folding, rom, feed, layer.op.engine.cycles(folding), Resources()))
    return Design(Schedule(network, load_board("icebreaker"), Fraction(30), tuple(options)))


def run(design: Design, frames: np.ndarray, stall: float, seed: int) -> tuple[int, list[Beat]]:
    """The cycle in which the first beat went in, and the output beats, for back-to-back frames."""
    top = Accelerator(design.chain)
    ports, port = top.ports, interface(design.schedule)
    beats = port.input.pack(frames)
    random = np.random.default_rng(seed)
    taken: list[tuple[int, int]] = []
    first: list[int] = []
    wanted = len(frames) * port.output.beats_per_frame
    words = [int.from_bytes(beat.tobytes(), "little") for frame in beats for beat in frame]
    hung = 1000 + 10 * (design.latency_cycles + len(frames) * design.cycles_per_frame)

    async def bench(ctx: Any) -> None:
        sent, offered, cycle = 0, False, 0
        while len(taken) < wanted:
            offered = offered or (sent < len(words) and random.random() >= stall)
            ready = random.random() >= stall
            ctx.set(ports["s_axis_tvalid"], offered)
            ctx.set(ports["s_axis_tdata"], words[sent] if offered else 0)
            ctx.set(ports["s_axis_tlast"], (sent + 1) % port.input.beats_per_frame == 0)
            ctx.set(ports["m_axis_tready"], ready)
            if offered and ctx.get(ports["s_axis_tready"]):
                first.append(cycle)
                sent, offered = sent + 1, False
            if ready and ctx.get(ports["m_axis_tvalid"]):
                last = (len(taken) + 1) % port.output.beats_per_frame == 0
                assert ctx.get(ports["m_axis_tlast"]) == last
                taken.append((cycle, ctx.get(ports["m_axis_tdata"])))
            await ctx.tick()
            cycle += 1
            assert cycle < hung
        assert not ctx.get(ports["frame_error"])

    simulator = Simulator(top)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return first[0], taken


def decode(port: Interface, taken: list[Beat]) -> np.ndarray:
    raw = b"".join(word.to_bytes(port.output.bytes_per_beat, "little") for _, word in taken)
    shape = (-1, port.output.beats_per_frame, port.output.bytes_per_beat)
    return port.output.unpack(np.frombuffer(raw, np.uint8).reshape(shape))


KINDS = st.sampled_from(["bipolar", "binary", "ternary", "unsigned3"])
WEIGHTS = st.sampled_from(["bipolar", "binary", "ternary", "signed3"])
SIZES = st.lists(st.integers(1, 9), min_size=3, max_size=4)


@settings(max_examples=25)
@given(st.data(), st.integers(0, 1 << 20), SIZES, WEIGHTS, st.booleans())
def test_any_network_in_any_folding(
    data: st.DataObject, seed: int, sizes: list[int], weights: str, argmax: bool
) -> None:
    kinds = [data.draw(KINDS, "kind") for _ in sizes[1:]]
    check(fold(make_network(seed, sizes, kinds, weights, argmax), data), seed)


def check(design: Design, seed: int) -> None:
    """Outputs with and without stalls are golden; latency and distance of frames are as predicted."""
    network, port = design.schedule.network, interface(design.schedule)
    codes = random_frames(design.schedule.network, 9).codes.reshape(9, -1)
    golden = network.run(codes)

    _, stalled = run(design, codes[:3], 0.4, seed)
    assert np.array_equal(decode(port, stalled), golden[:3])

    first, alone = run(design, codes[:1], 0.0, seed)
    assert alone[-1][0] - first + 1 == design.latency_cycles

    _, taken = run(design, codes, 0.0, seed)
    assert np.array_equal(decode(port, taken), golden)
    ends = np.array([cycle for cycle, _ in taken])[
        port.output.beats_per_frame - 1 :: port.output.beats_per_frame
    ]
    assert np.diff(ends)[-3:].tolist() == [design.cycles_per_frame] * 3


def choose(
    network: Network, data: st.DataObject, wanted: Callable[[int, Option], bool] = lambda number, option: True
) -> Design:
    """A design with any of the wanted options of every layer, worth considering or not."""
    board, last = load_board("ulx3s_85f"), len(network.layers) - 1
    options = []
    for index, layer in enumerate(network.layers):
        place = Place(first=index == 0, last=index == last)
        every = [option for option in layer.op.all_options(board, place) if wanted(index, option)]
        options.append(every[data.draw(st.integers(0, len(every) - 1), f"option{index}")])
    return Design(Schedule(network, board, Fraction(30), tuple(options)))


@settings(max_examples=25)
@given(st.data(), st.integers(0, 1 << 20))
def test_any_network_of_maps(data: st.DataObject, seed: int) -> None:
    network = data.draw(map_networks())
    check(choose(network, data), seed)


@settings(max_examples=12)
@given(st.data(), st.integers(0, 1 << 20))
def test_convolutions_that_take_rows_of_taps_at_once(data: st.DataObject, seed: int) -> None:
    network = data.draw(map_networks())
    wide = [isinstance(layer.op, Conv2d) and bool(layer.op.rows_of_taps) for layer in network.layers]
    assume(any(wide))

    def wanted(number: int, option: Option) -> bool:
        return not wide[number] or option.folding.simd > of_type(Conv2d, network.layers[number].op).channels

    check(choose(network, data, wanted), seed)


@settings(max_examples=25)
@given(st.data(), st.integers(0, 1 << 20))
def test_any_network_with_branches(data: st.DataObject, seed: int) -> None:
    network = data.draw(branching_networks())
    check(choose(network, data), seed)


def test_the_latency_of_an_input_with_two_readers_of_different_pace() -> None:
    """One of them would make the other wait for its words if these came in a burst."""
    bits = IntType(0, 1)
    pool = MaxPool(Window((3,), (1,), (1,), (1,), (1,)), (5,), np.array([True, True]), bits)
    layers = (
        NamedLayer("pool", pool, (NETWORK_INPUT,)),
        NamedLayer("repeat", Upsample((1,), (5, 2), bits), (NETWORK_INPUT,)),
        NamedLayer("sum", Add((1, 1), (5, 2), (bits, bits)), (0, 1)),
    )
    one, zero = exact_array(1), exact_array(0)
    network = Network((5, 2), Quantizer(one, zero, "half_even", bits), layers, Host(one, zero))
    board = load_board("ulx3s_85f")
    places = [Place(first=True), Place(first=True), Place(last=True)]
    options = [next(iter(x.op.all_options(board, place))) for x, place in zip(layers, places, strict=True)]
    check(Design(Schedule(network, board, Fraction(30), tuple(options))), 0)


def test_a_next_layer_that_takes_beats_unevenly_costs_no_cycle() -> None:
    """Blocks of three elements and then one, from a layer that gives a beat every second cycle."""
    network = make_network(0, [4, 4, 1], ["bipolar", "bipolar"], "ternary", False)
    foldings = [Folding(3, 3), Folding(1, 1)]
    options = tuple(
        Option(folding, "block", "block", of_type(Dense, layer.op).engine.cycles(folding), Resources())
        for folding, layer in zip(foldings, network.layers, strict=True)
    )
    design = Design(Schedule(network, load_board("icebreaker"), Fraction(30), options))
    _, taken = run(design, random_frames(design.schedule.network, 9).codes, 0.0, 0)
    assert np.diff([cycle for cycle, _ in taken])[-6:].tolist() == [design.cycles_per_frame] * 6 == [4] * 6


def test_ready_does_not_wait_for_the_sink() -> None:
    """No combinational path leads through the chain: tready toggling in a cycle moves nothing in front."""
    network = make_network(0, [6, 4, 3], ["bipolar", "bipolar"])
    folding = [Option(Folding(2, 3), "logic", "registers", 4, Resources()) for _ in network.layers]
    design = Design(Schedule(network, load_board("icebreaker"), Fraction(30), tuple(folding)))
    top = Accelerator(design.chain)
    seen = set()

    async def bench(ctx: Any) -> None:
        ctx.set(top.ports["s_axis_tvalid"], 1)
        for _ in range(120):
            ready = []
            for sink in (0, 1, 0):
                ctx.set(top.ports["m_axis_tready"], sink)
                ready.append(ctx.get(top.ports["s_axis_tready"]))
            assert len(set(ready)) == 1
            seen.add(ready[0])
            await ctx.tick()

    simulator = Simulator(top)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert seen == {0, 1}


@pytest.mark.parametrize("lanes", [1, 3])
def test_interface_tells_the_streams(lanes: int) -> None:
    network = make_network(1, [6, 5], ["ternary"])
    option = Option(Folding(lanes, 4), "logic", "registers", 0, Resources())
    port = interface(Schedule(network, load_board("icebreaker"), Fraction(30), (option,)))
    assert (port.input.elements_per_frame, port.input.elements_per_beat, port.input.bits) == (6, 4, 2)
    assert (port.input.signed, port.input.encoding, port.input.tdata_bits) == (True, "int", 8)
    assert (port.output.elements_per_frame, port.output.elements_per_beat) == (5, lanes)
    assert port.quantize.lo == -1
    assert not port.class_index
