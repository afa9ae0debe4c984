"""Concat, Upsample, Crop, Reshape -> Step => Step -> the same."""

from __future__ import annotations

import numpy as np
import pytest
from support.rewrites import chain, fire, same_meaning

from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Graph, Node, Op
from bnngen.ir.layers import Convolution
from bnngen.ir.moves import ChannelSlice, Concatenation, Reshape, Upsampling
from bnngen.ir.step import NEVER, Bound, Step
from bnngen.ir.window import Window
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import Exact, exact_array
from bnngen.passes.rewrite import Refusal
from bnngen.passes.step_before_move import step_before_move


def bounds(*values: int) -> tuple[Bound, ...]:
    return tuple(Bound(Exact.of(v), strict=False) for v in values)


ONE = Step((bounds(0),), (False,), BIPOLAR)
EACH = Step((bounds(0, 1), bounds(1, 2), (NEVER, NEVER)), (False, True, False), IntType(0, 2))
TWO = Step((bounds(0, 1), bounds(1, 2)), (False, True), IntType(0, 2))


@pytest.mark.parametrize("step", [ONE, EACH])
def test_through_a_concat(step: Step) -> None:
    nodes = (
        Node("cut", ChannelSlice(0, 1), ("x",)),
        Node("join", Concatenation(), ("x", "cut")),
        Node("step", step, ("join",)),
    )
    before = Graph("x", (1, 2), nodes, "step")
    after = fire(step_before_move, before, "step")
    assert [type(n.op) for n in after.nodes] == [ChannelSlice, Step, Step, Concatenation]
    same_meaning(before, after, (-1, 0, 1, 2))


def test_through_an_upsample() -> None:
    before = chain((2, 1), Upsampling((3,)), ONE)
    after = fire(step_before_move, before, "n1")
    assert [type(n.op) for n in after.nodes] == [Step, Upsampling]
    same_meaning(before, after, (-1, 0, 2))


def crop(*weights: tuple[int, int], window: Window | None = None, groups: int = 2) -> Convolution:
    """The channels of a sequence, each with two taps of its own."""
    return Convolution(np.array(weights), window or Window.plain((2,)), groups)


PRODUCT = Convolution(np.array([[1, 2], [-1, 1], [0, 1], [1, 1]]), Window.plain((1,)))
SPREAD = Reshape((2, 4), (((2, 2, 2), (1, 2, 0)),))
OFFSETS = Affine(exact_array(2), exact_array([0, 1, -1, 3]))
CROP = crop((1, 0), (1, 0))


@pytest.mark.parametrize("strides", [(1,), (2,)])
@pytest.mark.parametrize("weights", [((1, 0), (1, 0)), ((0, 1), (1, 0))])
def test_through_a_crop(strides: tuple[int], weights: tuple[tuple[int, int], ...]) -> None:
    window = Window((2,), strides, (1,), (0,), (0,))
    before = chain((2, 2), PRODUCT, OFFSETS, SPREAD, crop(*weights, window=window), TWO)
    after = fire(step_before_move, before, "n4")
    assert [type(n.op) for n in after.nodes] == [Convolution, Affine, Reshape, Step, Convolution]
    same_meaning(before, after, (-1, 0, 2))


@pytest.mark.parametrize(
    "op",
    [
        crop((1, 1), (1, 0)),
        crop((1, 0), (0, -1)),
        crop((1, 0), (0, 2)),
        crop((1, 0), (0, 0)),
        crop((1, 0), (0, 1), window=Window((2,), (1,), (1,), (1,), (0,))),
        Convolution(np.array([[1, 0, 0, 0], [0, 1, 0, 0]]), Window.plain((2,))),
        Convolution(np.array([[1, 0]] * 4), Window.plain((2,)), 2),
    ],
)
def test_what_is_no_crop(op: Convolution) -> None:
    """Sums, other numbers, padding, and channels that see others, or that become several."""
    graph = chain((2, 2), PRODUCT, SPREAD, op, ONE)
    assert step_before_move(graph, graph["n3"]) is None


@pytest.mark.parametrize("ops", [(PRODUCT, CROP), (ONE, SPREAD, CROP), (SPREAD, CROP)])
def test_a_crop_of_others_keeps_its_thresholds(ops: tuple[Op, ...]) -> None:
    """Nothing has changed its place in front of it, or it has codes already."""
    graph = chain((2, 4 if ops[0] is not PRODUCT else 2), *ops, ONE)
    assert step_before_move(graph, graph[f"n{len(ops)}"]) is None


def test_other_readers_of_the_tensor_keep_it() -> None:
    nodes = (
        Node("join", Concatenation(), ("x", "x")),
        Node("step", ONE, ("join",)),
        Node("r", Concatenation(), ("step", "join")),
    )
    graph = Graph("x", (1,), nodes, "r")
    assert step_before_move(graph, graph["step"]) is None
    sliced = chain((2,), ChannelSlice(0, 1), ONE)
    assert step_before_move(sliced, sliced["n1"]) is None


def test_rows_of_channels_that_become_positions() -> None:
    spread = Reshape((2, 2), (((2, 2, 1), (1, 2, 0)),))
    before = chain((1, 4), spread, TWO)
    after = fire(step_before_move, before, "n1")
    assert len(after["n1"].op.rows) == 4
    same_meaning(before, after, (-1, 0, 2))


def test_rows_of_positions_that_become_channels_stay() -> None:
    gather = Reshape((4, 1), (((2, 1, 2), (2, 0, 1)),))
    step = Step(tuple((Bound(Exact.of(k), strict=False),) for k in range(4)), (False,) * 4, IntType(0, 1))
    graph = chain((2, 2), gather, step)
    assert isinstance(step_before_move(graph, graph["n1"]), Refusal)
