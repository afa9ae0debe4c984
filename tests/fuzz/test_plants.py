"""Old faults, planted again: the fuzzer must find each within so many mutants."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest

from bnngen.frontend import importer, readers
from bnngen.frontend.nodes import building, elementwise, linear, shaping
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.values import Activation
from bnngen.ops import lowering
from bnngen.reference import data_file as data
from bnngen.reference.network import Network
from tests.fuzz.campaign import Campaign
from tests.fuzz.verdict import Verdict
from tests.fuzz.worker import judge

MOST_MUTANTS = 1_000
SEED = 1
Patch = pytest.MonkeyPatch
Plant = Callable[[Patch], None]


def found(kind: str, plant: Plant) -> tuple[int, Verdict]:
    """The number of the first mutant that fails with the fault and not without it, and the verdict on it."""
    campaign = Campaign(kind, SEED, judge)
    for number in range(MOST_MUTANTS):
        contents = campaign.mutant(number).contents
        with pytest.MonkeyPatch.context() as patch:
            plant(patch)
            verdict = judge(kind, contents)
        if verdict.fault and not judge(kind, contents).fault:
            return number, verdict
    raise AssertionError(f"none of {MOST_MUTANTS} mutants finds it")


def dropout_passes_in_any_mode(patch: Patch) -> None:
    reader = readers._READERS["", "Dropout"]
    patch.setitem(
        readers._READERS, ("", "Dropout"), reader._replace(handler=readers._READERS["", "Identity"].handler)
    )


def nodes_are_read_by_name_alone(patch: Patch) -> None:
    by_name = {op_type: reader for (_, op_type), reader in readers._READERS.items()}
    right = readers.reader_of

    def wrong(node: onnx.NodeProto, name: str) -> readers.Reader:
        return by_name.get(node.op_type) or right(node, name)

    patch.setattr(importer, "reader_of", wrong)


def a_bias_of_any_shape_is_one_for_each_output(patch: Patch) -> None:
    patch.setattr(linear, "channel_parameters", lambda node, values, target: values.reshape(-1))


def sums_take_shapes_that_differ(patch: Patch) -> None:
    right_sum = building.add_sum

    def wrong(
        node: OnnxNode, importer: importer.Importer, left: Activation, right: Activation, sign: int
    ) -> Activation:
        if left.shape != right.shape:
            right = shaping.add_reshape(node, importer, right, left.shape[1:], "_like")
        return right_sum(node, importer, left, right, sign)

    patch.setattr(elementwise, "add_sum", wrong)


def sums_wrap_at_64_bits(patch: Patch) -> None:
    patch.setattr(lowering, "MOST_SUM_BITS", 1 << 20)


def codes_are_cast_before_they_are_checked(patch: Patch) -> None:
    right = data._checked_codes

    def wrong(codes: np.ndarray, network: Network, where: str) -> np.ndarray:
        return right(codes.astype(np.int64) if codes.dtype.kind in "iu" else codes, network, where)

    patch.setattr(data, "_checked_codes", wrong)


@pytest.mark.parametrize(
    ("kind", "plant", "verdicts"),
    [
        ("model", dropout_passes_in_any_mode, {"wrong"}),
        ("model", nodes_are_read_by_name_alone, {"wrong", "permissive"}),
        ("model", a_bias_of_any_shape_is_one_for_each_output, {"wrong", "permissive"}),
        ("model", sums_take_shapes_that_differ, {"wrong"}),
        ("model", sums_wrap_at_64_bits, {"wrong", "foreign"}),
        ("data", codes_are_cast_before_they_are_checked, {"wrong"}),
    ],
)
def test_a_planted_fault_is_found(kind: str, plant: Plant, verdicts: set[str]) -> None:
    _, verdict = found(kind, plant)
    assert verdict.kind in verdicts
