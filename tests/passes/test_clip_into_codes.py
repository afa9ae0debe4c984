"""Step -> Clip => Step with fewer codes."""

from __future__ import annotations

from fractions import Fraction

import pytest
from support.rewrites import chain, fire, same_meaning

from bnngen.ir.elementwise import RELU, Affine, Clip
from bnngen.ir.graph import Op
from bnngen.ir.step import Bound, Step
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import Exact, exact_array
from bnngen.passes.clip_into_codes import clip_into_codes

VALUES = [Fraction(n, 4) for n in range(-20, 21)]
SIGNED = Step((tuple(Bound(Exact.of(k), k % 2 == 0) for k in range(-2, 3)),), (False,), IntType(-2, 3))
FALLING = Step((tuple(Bound(Exact.of(-k), False) for k in range(-2, 3)),), (True,), IntType(-2, 3))
SIGN = Step(((Bound(Exact(), False),),), (False,), BIPOLAR)


def clip(low: object, high: object) -> Clip:
    return Clip(*(None if end is None else Exact.of(end) for end in (low, high)))


def affine(mul: object, add: object) -> Affine:
    return Affine(exact_array(mul), exact_array(add))


@pytest.mark.parametrize("step", [SIGNED, FALLING])
@pytest.mark.parametrize(
    ("behind", "type_"),
    [
        ([RELU], IntType(0, 3)),
        ([clip(-1, 1)], IntType(-1, 1)),
        ([clip(-9, Fraction(7, 2))], IntType(-2, 3)),
        ([affine(Fraction(1, 4), 1), clip(1, Fraction(3, 2))], IntType(0, 2)),
        ([affine(-2, 0), RELU], IntType(-2, 0)),
    ],
)
def test_fewer_codes(step: Step, behind: list[Op], type_: IntType) -> None:
    graph = chain((1,), step, *behind)
    result = fire(clip_into_codes, graph, f"n{len(behind)}")
    assert len(result.nodes) == len(behind)
    assert result["n0"].op.type == type_
    same_meaning(graph, result, VALUES)


def test_signs_are_within() -> None:
    graph = chain((1,), SIGN, clip(-1, 1))
    result = fire(clip_into_codes, graph, "n1")
    assert [node.op for node in result.nodes] == [SIGN]


@pytest.mark.parametrize(
    "ops",
    [
        (SIGNED, clip(Fraction(1, 2), 3)),
        (SIGNED, clip(2, 2)),
        (SIGNED, affine([1, 2], 0), RELU),
        (SIGN, RELU),
        (affine(1, 1), RELU),
    ],
)
def test_what_stays(ops: tuple[Op, ...]) -> None:
    graph = chain((2,), *ops)
    assert clip_into_codes(graph, graph.nodes[-1]) is None
