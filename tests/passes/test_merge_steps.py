"""Step -> Step => Step."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_graphs import affines, steps
from support.rewrites import chain, fire, same_meaning

from bnngen.ir.elementwise import RELU
from bnngen.ir.graph import Op
from bnngen.ir.step import ALWAYS, NEVER, Bound, Step
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import Exact
from bnngen.passes.affine_into_step import affine_into_step
from bnngen.passes.merge_steps import merge_steps
from bnngen.passes.monotone_into_step import monotone_into_step

VALUES = [Fraction(n, 12) for n in range(-48, 49)]


def row(*values: object, strict: bool = False) -> tuple[Bound, ...]:
    return tuple(Bound(Exact.of(v), strict) for v in values)


LEVELS = Step((row(0, 1, 2),), (False,), IntType(0, 3))
SIGN = Step((row(0),), (False,), BIPOLAR)


def test_the_second_step_picks_thresholds_of_the_first() -> None:
    graph = chain((1,), LEVELS, Step((row(2, 3, strict=True),), (False,), IntType(5, 7)))
    after = fire(merge_steps, graph, "n1")
    (node,) = after.nodes
    assert (node.name, node.inputs) == ("n1", ("x",))
    assert node.op.rows == ((*row(2), NEVER),)
    assert node.op.type == IntType(5, 7)


def test_what_the_lowest_code_passes_is_always_passed() -> None:
    graph = chain((1,), SIGN, Step((row(-1, 0, 1, 2),), (False,), IntType(0, 4)))
    assert fire(merge_steps, graph, "n1")["n1"].op.rows == ((ALWAYS, *row(0, 0), NEVER),)


def test_a_falling_second_step_takes_the_complement() -> None:
    graph = chain((1,), LEVELS, Step((row(0),), (True,), BIPOLAR))
    after = fire(merge_steps, graph, "n1")
    assert after["n1"].op.rows == (row(0, strict=True),)
    assert after["n1"].op.falling == (True,)
    same_meaning(graph, after, VALUES)


@settings(max_examples=60)
@given(data=st.data(), channels=st.integers(1, 2))
def test_it_is_exact(data: st.DataObject, channels: int) -> None:
    ops: list[Op] = []
    for _ in range(2):
        ops += [data.draw(affines(channels)), data.draw(steps(channels))]
    graph = chain((channels,), *ops)
    before = fire(affine_into_step, graph, "n1")
    before = fire(affine_into_step, before, "n3")
    after = fire(merge_steps, before, "n3")
    same_meaning(graph, after, VALUES if channels == 1 else VALUES[::12])


def test_a_step_that_passes_nothing_or_everything() -> None:
    inner = Step(((ALWAYS, *row(1), NEVER),), (False,), IntType(0, 3))
    for falling in (False, True):
        for outer in (row(0, 1, 2, 3), row(3, 2, 1, 0, strict=True)):
            graph = chain((1,), inner, Step((outer,), (falling,), IntType(0, 4)))
            same_meaning(graph, fire(merge_steps, graph, "n1"), VALUES)


def test_a_plain_sign() -> None:
    """Of codes without 0 it is bipolar; its own 0 may be what a quantiser behind it decides."""
    plain = Step((row(0) + row(0, strict=True),), (False,), IntType(-1, 1), from_sign=True)
    graph = chain((1,), SIGN, plain)
    after = fire(merge_steps, graph, "n1")
    assert after["n1"].op == SIGN
    same_meaning(graph, after, VALUES)
    graph = chain((1,), Step((row(-1, 1),), (False,), IntType(-1, 1)), plain)
    after = fire(merge_steps, graph, "n1")
    assert after["n1"].op == replace(plain, rows=(row(-1, 1),))
    for behind in (SIGN, Step((row(Fraction(1, 2)),), (False,), IntType(0, 1)), plain):
        graph = chain((1,), plain, behind)
        same_meaning(graph, fire(merge_steps, graph, "n1"), VALUES)


def test_a_sign_moved_off_zero() -> None:
    """sign(sign(x) + 0.1) is +1 at 0."""
    plain = Step((row(0) + row(0, strict=True),), (False,), IntType(-1, 1), from_sign=True)
    moved = replace(plain, rows=(row(Fraction(-1, 10)) + row(Fraction(-1, 10), strict=True),))
    graph = chain((1,), plain, moved)
    after = fire(merge_steps, graph, "n1")
    assert after["n1"].op == SIGN
    same_meaning(graph, after, VALUES)


def test_it_leaves_other_patterns_alone() -> None:
    graph = chain((1,), SIGN, RELU, SIGN)
    assert [merge_steps(graph, node) for node in graph.nodes] == [None] * 3
    after = fire(monotone_into_step, graph, "n2")
    assert merge_steps(after, after["n2"]) is not None
