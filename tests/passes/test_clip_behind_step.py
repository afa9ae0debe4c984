"""Step -> Clip => Step, and with an Affine between."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_graphs import affines, clips, steps
from support.rewrites import chain, fire, same_meaning

from bnngen.ir.elementwise import RELU, Affine, Clip
from bnngen.ir.graph import Op
from bnngen.ir.ladder import Ladder
from bnngen.ir.moves import ChannelSlice, Reshape, Upsampling
from bnngen.ir.step import ALWAYS, Bound, Step
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import Exact, exact_array
from bnngen.passes.clip_behind_step import awaits_clip, clip_behind_step

VALUES = [Fraction(n, 4) for n in range(-40, 41)]
CODES = Step((Ladder("half_even", tuple(range(-7, 8))),), (False,), IntType(-8, 7))


def clip(low: Fraction | int | None, high: Fraction | int | None) -> Clip:
    return Clip(*(None if end is None else Exact.of(end) for end in (low, high)))


@pytest.mark.parametrize(
    ("ends", "codes"),
    [((0, None), (0, 7)), ((-20, 3), (-8, 3)), ((-2, 20), (-2, 7)), ((None, 6), (-8, 6)), ((-8, 7), (-8, 7))],
)
def test_the_codes_between_the_ends(ends: tuple[int | None, int | None], codes: tuple[int, int]) -> None:
    graph = chain((1,), CODES, clip(*ends))
    after = fire(clip_behind_step, graph, "n1")
    assert (after.nodes[0].op.type.lo, after.nodes[0].op.type.hi) == codes
    same_meaning(graph, after, VALUES)


@pytest.mark.parametrize("move", [Upsampling((2,)), Reshape((4,)), ChannelSlice(0, 1)])
@pytest.mark.parametrize("between", [[], [Affine(exact_array(2), exact_array(1))]])
def test_what_moves_between(move: Op, between: list[Op]) -> None:
    graph = chain((2, 2), CODES, move, *between, clip(-3, 5))
    after = fire(clip_behind_step, graph, graph.output)
    assert [type(node.op) for node in after.nodes] == [Step, type(move), *map(type, between)]
    assert after.nodes[0].op.type == (IntType(-2, 2) if between else IntType(-3, 5))
    same_meaning(graph, after, VALUES[::20])


@pytest.mark.parametrize(("ends", "goes"), [((-1, 1), True), ((None, 3), True), ((0, None), False)])
def test_both_signs_or_none(ends: tuple[int | None, int | None], goes: bool) -> None:
    graph = chain((1,), Step(((Bound(Exact(), strict=False),),), (False,), BIPOLAR), clip(*ends))
    after = clip_behind_step(graph, graph["n1"])
    assert (after is not None) == goes
    if after is not None:
        same_meaning(graph, after, VALUES)


def test_a_quantizer_waits_for_a_clip() -> None:
    graph = chain((1,), CODES, Affine(exact_array(2), exact_array(1)), clip(-3, 5))
    assert awaits_clip(graph, graph["n0"])
    graph = chain((1,), CODES, Affine(exact_array(2), exact_array(1)), clip(-2, 5))
    assert not awaits_clip(graph, graph["n0"])


@pytest.mark.parametrize("scale", [Fraction(1, 3), Fraction(-1, 3)])
def test_a_relu_behind_a_zero_point(scale: Fraction) -> None:
    """(code - 5) * scale is 0 at the code 5."""
    affine = Affine(exact_array(scale), exact_array(-5 * scale))
    graph = chain((1,), CODES, affine, RELU)
    after = fire(clip_behind_step, graph, "n2")
    assert [type(node.op) for node in after.nodes] == [Step, Affine]
    assert after.nodes[0].op.type == (IntType(5, 7) if scale > 0 else IntType(-8, 5))
    same_meaning(graph, after, VALUES)


@pytest.mark.parametrize(
    "behind",
    [
        [clip(Fraction(1, 2), None)],
        [clip(7, None)],
        [clip(None, -9)],
        [Affine(exact_array([1, 2]), exact_array(0)), clip(None, 2)],
        [Affine(exact_array([1, 0]), exact_array(0)), clip(None, 2)],
        [Affine(exact_array(np.array([Exact.of(2).sqrt()])), exact_array(0)), clip(None, 2)],
    ],
)
def test_ends_that_are_no_codes_are_left_alone(behind: list[Affine | Clip]) -> None:
    graph = chain((2,), CODES, *behind)
    assert clip_behind_step(graph, graph.nodes[-1]) is None


def test_other_steps_are_left_alone() -> None:
    graph = chain((1,), Step(((ALWAYS,),), (False,), BIPOLAR), RELU)
    assert [clip_behind_step(graph, node) for node in graph.nodes] == [None, None]


@settings(max_examples=60)
@given(data=st.data(), channels=st.integers(1, 2))
def test_it_is_exact_where_it_fires(data: st.DataObject, channels: int) -> None:
    graph = chain((channels,), data.draw(steps(channels)), data.draw(affines(channels)), data.draw(clips()))
    after = clip_behind_step(graph, graph["n2"])
    if after is not None:
        same_meaning(graph, after, VALUES if channels == 1 else VALUES[::8])
