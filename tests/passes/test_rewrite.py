"""The engine that applies the rules."""

from __future__ import annotations

import numpy as np
import pytest
from support.rewrites import chain

from bnngen.base.errors import ModelError
from bnngen.ir.elementwise import RELU, Affine, Clip
from bnngen.ir.graph import Graph, Node
from bnngen.ir.host_function import HostFunction
from bnngen.ir.layers import Linear
from bnngen.numbers.exact import exact_array
from bnngen.passes.rewrite import Refusal, pair, refusals, rewrite

AFFINE = Affine(exact_array(1), exact_array(0))


def drop_relu(graph: Graph, node: Node) -> Graph | None:
    return graph.without(node.name) if node.op == RELU else None


def refuse_affine(graph: Graph, node: Node) -> Refusal | None:
    return Refusal(node.name, "no affine here") if isinstance(node.op, Affine) else None


def test_rules_fire_until_none_does() -> None:
    graph = rewrite(chain((1,), RELU, AFFINE, RELU, RELU), [refuse_affine, drop_relu])
    assert [n.name for n in graph.nodes] == ["n1"]
    assert graph.output == "n1"


def test_reasons_are_collected_and_nothing_changes() -> None:
    graph = chain((1,), RELU, AFFINE, AFFINE)
    assert refusals(graph, [refuse_affine]) == [
        Refusal("n1", "no affine here"),
        Refusal("n2", "no affine here"),
    ]
    assert refusals(graph, [drop_relu]) == []


def test_a_rule_that_breaks_the_graph_is_found_at_once() -> None:
    def widen(graph: Graph, node: Node) -> Graph | None:
        broken = Linear(np.ones((1, 5), dtype=int))
        return graph.with_op(node.name, broken) if node.op == RELU else None

    with pytest.raises(ModelError, match=r"^layer 'n0': takes 5 features, not a tensor of shape \(1,\)$"):
        rewrite(chain((1,), RELU), [widen])


def test_pair_needs_the_only_reader() -> None:
    graph = chain((1,), AFFINE, RELU, HostFunction("Softmax", 1, 1, 1))
    assert pair(graph, graph["n1"], Affine, Clip) == (graph["n0"], AFFINE)
    assert pair(graph, graph["n1"], Clip, Clip) is None
    assert pair(graph, graph["n1"], Affine, HostFunction) is None
    assert pair(graph, graph["n0"], Affine, Affine) is None
    branched = Graph("x", (1,), (*graph.nodes, Node("other", RELU, ("n0",))), "n2")
    assert pair(branched, branched["n1"], Affine, Clip) is None
