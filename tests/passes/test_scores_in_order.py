"""Scores with an offset or a scale for each class, in front of an argmax."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.rewrites import chain, same_meaning

from bnngen.base.errors import ModelError
from bnngen.ir.elementwise import Affine
from bnngen.ir.layers import Convolution, Linear
from bnngen.ir.window import Window
from bnngen.numbers.exact import Exact, exact_array
from bnngen.ops.argmax import ClassIndex
from bnngen.passes.scores_in_order import ranked, scores_in_order

WEIGHTS = np.array([[1, -1], [1, 1], [-1, 1], [1, 1]])
ROOT = Exact.of(2).sqrt()
REALS = st.builds(
    lambda numerator, denominator, root: Exact.of(Fraction(numerator, denominator)) + (ROOT if root else 0),
    st.integers(-12, 12),
    st.integers(1, 4),
    st.booleans(),
)


def affine(mul: Any, add: Any = 0) -> Affine:
    return Affine(exact_array(mul), exact_array(add))


@given(st.lists(REALS, min_size=1, max_size=6), st.lists(st.integers(-9, 9), min_size=6, max_size=6))
def test_ranks_keep_the_order_and_the_ties(values: list[Exact], x: list[int]) -> None:
    shift, offsets = ranked(values)
    scores = [v * 2**shift + b for v, b in zip(x, offsets, strict=False)]
    exact = [value + v for v, value in zip(x, values, strict=False)]
    for a, b in zip(scores, exact, strict=True):
        for c, d in zip(scores, exact, strict=True):
            assert (a < c, a == c) == (b < d, b == d)


@given(st.lists(REALS, min_size=4, max_size=4), st.sampled_from([1, 3, Fraction(1, 3), ROOT, -2]))
def test_offsets_of_classes(add: list[Exact], mul: Any) -> None:
    graph = chain((2,), Linear(WEIGHTS), affine(mul, add), ClassIndex(4))
    after = scores_in_order(graph)
    assert [n.name for n in after.nodes] == ["n0", "n2"]
    same_meaning(graph, after, (-2, -1, 0, 1))


@pytest.mark.parametrize(
    "mul", [[1, 2, 1, 3], [1, -1, Fraction(1, 2), 2], [0, 1, 1, 1], [ROOT, ROOT * 2, ROOT, -ROOT]]
)
def test_scales_of_classes(mul: list[Any]) -> None:
    graph = chain((2,), Linear(WEIGHTS), affine(mul, [0, Fraction(1, 3), 0, -1]), ClassIndex(4))
    after = scores_in_order(graph)
    assert [n.name for n in after.nodes] == ["n0", "n2"]
    same_meaning(graph, after, (-2, -1, 0, 1))


def test_of_each_position() -> None:
    conv = Convolution(np.array([[1], [-1], [1]]), Window.plain((1,)))
    graph = chain(
        (2, 1), conv, affine(Fraction(1, 2), [0, Fraction(1, 3), ROOT]), ClassIndex(3, spatial=(2,))
    )
    same_meaning(graph, scores_in_order(graph), (-2, -1, 0, 1))


@pytest.mark.parametrize("mul", [[1, ROOT, 1, 1], [1, Fraction(1001, 1000), 1, 1], [0, 0, 0, 0]])
def test_scales_without_a_small_common_unit_are_refused(mul: list[Any]) -> None:
    graph = chain((2,), Linear(WEIGHTS), affine(mul), ClassIndex(4))
    with pytest.raises(
        ModelError, match=r"^layer 'n1': gives each class its own scale in front of an argmax"
    ):
        scores_in_order(graph)


def test_a_great_offset_is_refused() -> None:
    graph = chain((2,), Linear(WEIGHTS), affine(1, [0, 1 << 50, 0, 0]), ClassIndex(4))
    with pytest.raises(ModelError, match=r"^layer 'n1': gives classes offsets of up to 1.1e\+15 integers"):
        scores_in_order(graph)
