from __future__ import annotations

from collections import Counter
from functools import partial
from random import Random

import numpy as np
import onnx
import pytest

from tests.fuzz import mutate
from tests.fuzz.campaign import Campaign
from tests.fuzz.kinds import KINDS
from tests.fuzz.mutate import MUTATORS
from tests.fuzz.mutate.draft import Draft, SkipError
from tests.fuzz.mutate.header import flipped
from tests.fuzz.oracle import judge_model
from tests.fuzz.seeds import Seed, files, random_seed, shared_folder
from tests.fuzz.verdict import Verdict

SEEDS = [random_seed(Random(number)) for number in range(24)]
FAIR = Verdict("agrees")


def changed(seed: Seed, name: str, number: int) -> onnx.ModelProto | None:
    model = onnx.ModelProto.FromString(seed.contents)
    try:
        MUTATORS[name][0](Draft(model, Random(number), dict(seed.shapes)))
    except SkipError:
        return None
    return model


def test_random_seeds_are_read_right_or_refused_for_a_reason() -> None:
    kinds = Counter(judge_model(seed.contents).kind for seed in SEEDS)
    assert kinds["agrees"] > kinds["refused"]
    assert not kinds.keys() - {"agrees", "refused"}


def test_the_shapes_of_tensors_are_known() -> None:
    for seed in SEEDS:
        graph = onnx.ModelProto.FromString(seed.contents).graph
        assert {o for node in graph.node for o in node.output} <= seed.shapes.keys()
        assert seed.shapes["x"] == (2, *(d.dim_value for d in graph.input[0].type.tensor_type.shape.dim[1:]))


@pytest.mark.parametrize("name", MUTATORS)
def test_each_change_applies_and_changes_something(name: str) -> None:
    found = [(seed, changed(seed, name, number)) for seed in SEEDS for number in range(2)]
    applied = [(seed, model) for seed, model in found if model is not None]
    assert len(applied) >= 4
    other = [
        m
        for s, m in applied
        if m.SerializeToString() != onnx.ModelProto.FromString(s.contents).SerializeToString()
    ]
    assert len(other) >= len(applied) / 2


def test_a_seed_and_a_number_give_one_mutant() -> None:
    def contents(kind: str, seed: int) -> list[bytes]:
        campaign = Campaign(kind, seed, lambda kind, contents: FAIR)
        return [campaign.mutant(number).contents for number in range(8)]

    for kind in KINDS:
        assert contents(kind, 1) == contents(kind, 1)
        assert contents(kind, 1) != contents(kind, 2)


def test_steps_apply_again_and_one_by_one() -> None:
    seed = SEEDS[0]
    steps = mutate.chosen(seed.contents, seed.shapes, Random(3))
    apply = partial(mutate.apply, seed.shapes)
    assert apply(seed.contents, steps) == apply(seed.contents, steps)
    assert apply(seed.contents, []) == onnx.ModelProto.FromString(seed.contents).SerializeToString(
        deterministic=True
    )


def test_bytes_are_flipped_cut_and_repeated() -> None:
    contents = bytes(np.arange(64, dtype=np.uint8))
    sizes = {len(flipped(Random(n), contents)) for n in range(40)}
    assert len(contents) in sizes
    assert min(sizes) < len(contents) < max(sizes)


def test_real_files_are_small() -> None:
    paths = files(shared_folder())
    assert {"relu4.onnx", "digits_1w1a.onnx"} <= {path.name for path in paths}
    assert max(path.stat().st_size for path in paths) < 1 << 18
