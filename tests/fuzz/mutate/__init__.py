"""Changes of model files: of fields, not only of bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

import onnx

from tests.fuzz.mutant import Step
from tests.fuzz.mutate import attributes, header, inserts, integers, nodes, patterns, tensors, views
from tests.fuzz.mutate.draft import MUTATORS, Draft, Shape, SkipError

__all__ = ["MUTATORS", "apply", "chosen"]

assert all(
    (attributes, header, inserts, integers, nodes, patterns, tensors, views)
)  # they register their changes

BYTES = "bytes"
"""The change that works on the bytes of the file; it comes last."""
BYTES_SHARE = 0.03
MOST_TRIES = 20


def chosen(contents: bytes, shapes: Mapping[str, Shape], random: Random) -> list[Step]:
    """One to three changes that apply to a file, by their weights; a few files are damaged besides."""
    wanted = random.choice((1, 1, 1, 1, 2, 2, 3))
    names, weights = list(MUTATORS), [weight for _, weight in MUTATORS.values()]
    steps: list[Step] = []
    draft = Draft(onnx.ModelProto.FromString(contents), random, dict(shapes))
    for name in random.choices(names, weights, k=MOST_TRIES):
        step = name, random.getrandbits(32)
        changed = _changed(draft, *step)
        if changed is not None and len(steps) < wanted:
            steps.append(step)
            draft = changed
    return [*steps, (BYTES, random.getrandbits(32))] if random.random() < BYTES_SHARE else steps


def apply(shapes: Mapping[str, Shape], contents: bytes, steps: Sequence[Step]) -> bytes:
    """The file after all ``steps`` that apply to it."""
    draft = Draft(onnx.ModelProto.FromString(contents), Random(), dict(shapes))
    for step in steps:
        draft = _changed(draft, *step) or draft
    contents = draft.model.SerializeToString(deterministic=True)
    for name, seed in steps:
        if name == BYTES:
            contents = header.flipped(Random(seed), contents)
    return contents


def _changed(draft: Draft, name: str, seed: int) -> Draft | None:
    """A copy after one change, or None where it does not apply."""
    if name == BYTES:
        return None
    model = onnx.ModelProto()
    model.CopyFrom(draft.model)
    changed = Draft(model, Random(seed), dict(draft.shapes), changed=True)
    try:
        MUTATORS[name][0](changed)
    except SkipError:
        return None
    except Exception:
        if draft.changed:  # it tripped over what an earlier change left
            return None
        raise
    return changed
