"""What `bnngen inspect` says of mutants: the error that ends their import is among the reasons, and traces hold."""

from __future__ import annotations

from pathlib import Path

from bnngen.base.errors import BnngenError, ModelError, UsageError
from bnngen.frontend import import_onnx
from bnngen.ir.graph import Graph
from bnngen.passes.diagnosis import diagnose
from bnngen.passes.lower import lower
from bnngen.passes.trace import trace
from bnngen.reference.network import Network
from tests.fuzz.campaign import Campaign
from tests.fuzz.worker import judge

COUNT = 80


def test_mutants_are_diagnosed_and_traced(tmp_path: Path) -> None:
    campaign, path = Campaign("model", 8, judge), tmp_path / "model.onnx"
    refused = traced = 0
    for number in range(COUNT):
        path.write_bytes(campaign.mutant(number).contents)
        try:
            graph = import_onnx(path)
            network = lower(graph)
        except ModelError as error:
            first = error
        except BnngenError:
            continue
        else:
            traced += traces(graph, network, number)
            continue
        refused += 1
        assert any(found.reason in str(first) for found in diagnose(path, first).problems), number
    assert min(refused, traced) > COUNT // 8


def traces(graph: Graph, network: Network, number: int) -> int:
    """How many layers of a network have thresholds that can be traced; all of these are right."""
    count = 0
    for layer in network.layers:
        try:
            found = trace(graph, network, layer.name)
        except (UsageError, ModelError):
            continue
        count += 1
        assert all(not channel.wrong for channel in found.channels), (number, layer.name)
    return count
