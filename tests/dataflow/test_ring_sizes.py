"""Line buffers are large enough: no frame waits for one."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.networks import map_networks

from bnngen.cost.option import Place
from bnngen.dataflow.dataflow import Dataflow
from bnngen.dataflow.ring_sizes import with_room
from bnngen.design import Design
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import exact_array
from bnngen.ops.add import Add
from bnngen.ops.dense import Dense
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.network import NETWORK_INPUT, Host, NamedLayer, Network
from bnngen.schedule.planner import Schedule
from bnngen_boards.profile import load_board
from bnngen_hw.edges.axis import AxiStreamSink


def test_a_design_without_windows_is_left_alone() -> None:
    sink = AxiStreamSink(4, 1, 2)
    dataflow = Dataflow.row([sink])
    assert with_room(dataflow, 2) is dataflow


def test_a_vector_buffer_before_a_sum() -> None:
    """A dense layer whose input lies in RAM, and the way around it."""
    layers = (
        NamedLayer("fc", Dense(np.ones((8, 8), int), BIPOLAR)),
        NamedLayer("add", Add((1, 1), (8,), (IntType(-8, 8), BIPOLAR)), (0, NETWORK_INPUT)),
    )
    one, zero = exact_array(1), exact_array(0)
    network = Network((8,), Quantizer(one, zero, "sign", BIPOLAR), layers, Host(one, zero))
    board, options = load_board("icebreaker"), []
    for number, layer in enumerate(layers):
        every = layer.op.all_options(board, Place(first=number == 0, last=number == 1))
        options.append(next(o for o in every if o.feed_style == "block" and o.cycles >= 16))
    design = Design(Schedule(network, board, Fraction(30), tuple(options)))
    assert design.cycles_per_frame == max(o.cycles for o in options)


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_no_window_is_slower_than_its_work(data: st.DataObject) -> None:
    """From a source that always has a word, each takes no longer than the busiest layer of its network."""
    network: Network = data.draw(map_networks())
    board, last = load_board("ulx3s_85f"), len(network.layers) - 1
    options = []
    for index, layer in enumerate(network.layers):
        every = list(layer.op.all_options(board, Place(first=index == 0, last=index == last)))
        options.append(every[data.draw(st.integers(0, len(every) - 1))])
    design = Design(Schedule(network, board, Fraction(30), tuple(options)))
    assert max(part.interval for part in design.chain) == design.cycles_per_frame
