"""A refused function => why."""

from __future__ import annotations

import pytest
from support.rewrites import chain

from bnngen.base.errors import ModelError
from bnngen.ir.elementwise import RELU
from bnngen.ir.refused import Refused
from bnngen.passes.lower import lower
from bnngen.passes.refused import refused
from bnngen.passes.rewrite import Refusal


def test_it_is_refused_by_name() -> None:
    graph = chain((2,), RELU, Refused("Mul", "of two computed tensors is not supported"))
    assert refused(graph, graph["n0"]) is None
    assert refused(graph, graph["n1"]) == Refusal("n1", "Mul of two computed tensors is not supported")
    with pytest.raises(
        ModelError, match=r"^layer 'n1': Mul of two computed tensors is not supported: what is "
    ):
        lower(graph)
