"""Affine, Affine -> Sum => Sum -> Affine."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from support.rewrites import fire, same_meaning

from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Graph, Node
from bnngen.ir.layers import Linear, Sum
from bnngen.numbers.exact import Exact, exact_array
from bnngen.passes.affine_through_sum import affine_through_sum
from bnngen.passes.rewrite import Refusal

ROOT = Exact.of(2).sqrt()


def graph(first: Any, second: Any, factors: tuple[int, int] = (1, 1), add: Any = 0) -> Graph:
    """Two products, each with its scale, meet; None is no affine."""
    nodes, sides = [], []
    for name, mul in (("a", first), ("b", second)):
        nodes.append(Node(name, Linear(np.array([[1, 1], [1, -1]])), ("x",)))
        if mul is not None:
            nodes.append(Node(f"{name}_scale", Affine(exact_array(mul), exact_array(add)), (name,)))
        sides.append(nodes[-1].name)
    return Graph("x", (2,), (*nodes, Node("sum", Sum(factors), tuple(sides))), "sum")


@pytest.mark.parametrize(
    ("first", "second", "factors", "wanted"),
    [
        (Fraction(1, 2), Fraction(1, 2), (1, 1), (1, 1)),
        (Fraction(1, 2), Fraction(3, 4), (1, 1), (2, 3)),
        (Fraction(-1, 2), 1, (1, 1), (1, -2)),
        (ROOT, ROOT * 3, (1, -1), (1, -3)),
        ([ROOT, 3], [ROOT * 2, 6], (1, 1), (1, 2)),
        ([1, 2], [1, 1], (1, 1), ((1, 2), 1)),
        ([2, 0], [1, 3], (1, -1), ((2, 0), (-1, 1))),
        (0, [1, 0], (1, 1), ((0, 1), 1)),
        (2, None, (1, 1), (2, 1)),
        (None, Fraction(1, 3), (2, 1), (6, 1)),
    ],
)
def test_a_common_grid(first: Any, second: Any, factors: Any, wanted: Any) -> None:
    before = graph(first, second, factors, add=[1, -2])
    after = fire(affine_through_sum, before, "sum")
    assert after["sum"].op.factors == wanted
    same_meaning(before, after, (-1, 0, 2))
    assert affine_through_sum(after, after["sum"]) is None


@pytest.mark.parametrize(
    ("first", "second", "ratio"),
    [
        (1, ROOT, "1.41421356"),
        ([1, 2], [1, ROOT], "0.707106781"),
        (1, Fraction(1, 1 << 40), "9.09494702e-13"),
    ],
)
def test_without_one_it_is_refused(first: Any, second: Any, ratio: str) -> None:
    before = graph(first, second)
    assert affine_through_sum(before, before["sum"]) == Refusal(
        "sum",
        f"adds tensors whose scales have the ratio {ratio}, which is no fraction of whole numbers of at most 40 "
        "bits; quantise both sides of the sum with one scale",
    )
