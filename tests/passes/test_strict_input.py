"""A bipolar quantiser at the input that gives -1 at its threshold."""

from __future__ import annotations

import numpy as np
from support.exact_graphs import evaluate, run_exactly
from support.rewrites import chain, fire, same_meaning

from bnngen.ir.elementwise import Affine
from bnngen.ir.layers import Linear
from bnngen.ir.step import NEVER, Bound, Step
from bnngen.numbers.datatypes import BIPOLAR
from bnngen.numbers.exact import Exact, exact_array
from bnngen.passes.lower import lower
from bnngen.passes.strict_input import strict_input

VALUES = (-1, 0, 0.5, 1)


def step(*bounds: Bound, falls: bool = False) -> Step:
    return Step(tuple((bound,) for bound in bounds), (falls,) * len(bounds), BIPOLAR)


STRICT, OTHER = Bound(Exact.of(0.5), strict=True), Bound(Exact.of(0.5), strict=False)


def test_it_becomes_binary() -> None:
    for falls in (False, True):
        graph = chain((2,), step(STRICT, falls=falls))
        after = fire(strict_input, graph, "n0")
        same_meaning(graph, after, VALUES)
        assert after["n0"].op.type.hi == 1
        assert after["n0"].op.type.lo == 0


def test_the_host_takes_it() -> None:
    for falls in (False, True):
        graph = chain(
            (2,),
            Affine(exact_array(2), exact_array(0)),
            step(STRICT, falls=falls),
            Linear(np.array([[1, -1]])),
        )
        network = lower(graph)
        for x in ([0.25, 0.5], [0.25, 0.25], [0.5, 0.0]):
            assert run_exactly(network, x) == evaluate(graph, x)


def test_others_stay() -> None:
    for op in (step(OTHER), step(NEVER)):
        graph = chain((2,), op)
        assert strict_input(graph, graph["n0"]) is None
    graph = chain((2,), Linear(np.eye(2, dtype=np.int64)), step(STRICT))
    assert strict_input(graph, graph["n1"]) is None
    assert strict_input(graph, graph["n0"]) is None
