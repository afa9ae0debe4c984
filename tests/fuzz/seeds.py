"""The files that mutants are made of."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.frontend.onnx_file import File
from tests.frontend.random_files import SHAPES, Writer
from tests.fuzz import heads
from tests.fuzz.mutate.draft import Shape
from tests.fuzz.reference import Reference

ROOT = Path(__file__).parents[2]
PLACES = ("tests/frontend/models", "tests/frontend/failures", "examples/digits")
SHARED_PLACES = ("models/tfc*", "cases/import/*", "cases/faults/*")
SLOW = ("dos_", "narrow", "tchain", "wide")
"""Files that were made to take long begin so."""
MOST_BYTES = 1 << 18


@dataclass(frozen=True)
class Seed:
    """A model file and the shapes of its tensors for two frames, where an evaluation knows them."""

    name: str
    contents: bytes
    shapes: dict[str, Shape]


class Chance:
    """Chooses by chance, for the writers of random files."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def pick(self, *options: Any) -> Any:
        return self.random.choice(options)

    def integer(self, first: int, last: int) -> int:
        return self.random.randint(first, last)


WRITERS: dict[str, Callable[[Any, Chance], Any]] = {"layers": Writer, "head": heads.Writer}
"""Whoever writes a random file."""


def random_seed(random: Random) -> Seed:
    """A new file that bnngen should be able to read."""
    choices = Chance(random)
    kind = choices.pick("layers", "layers", "head")
    model = File(*choices.pick(*SHAPES))
    proto = as_float32(model.proto(WRITERS[kind](model, choices).write()))
    tensors = _tensors(proto)
    (output,) = proto.graph.output
    result = tensors[output.name]
    kind_of_number = TensorProto.INT64 if result.dtype.kind == "i" else TensorProto.FLOAT
    dims = ["N", *result.shape[1:]]
    output.CopyFrom(helper.make_tensor_value_info(output.name, kind_of_number, dims))
    return Seed(kind, proto.SerializeToString(), _shapes(tensors))


def shared_folder() -> Path | None:
    """The folder with real models, where there is one."""
    path = Path(os.environ.get("BNNGEN_SHARED") or ROOT.parent / "shared")
    return path if path.is_dir() else None


@cache
def files(shared: Path | None) -> tuple[Path, ...]:
    """The small model files of this repository, and those of the folder ``shared``."""
    found = [path for place in PLACES for path in sorted((ROOT / place).glob("*.onnx"))]
    if shared is not None:
        found += [path for place in SHARED_PLACES for path in sorted(shared.glob(f"{place}.onnx"))]
    return tuple(p for p in found if p.stat().st_size <= MOST_BYTES and not p.name.startswith(SLOW))


def seed_of(name: str, contents: bytes) -> Seed:
    """A file that is there."""
    try:
        tensors = _tensors(onnx.ModelProto.FromString(contents))
    except Exception:  # nobody else can evaluate it
        tensors = {}
    return Seed(name, contents, _shapes(tensors))


def as_float32(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with its doubles as floats, as frameworks write them."""
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.DOUBLE:
            array = numpy_helper.to_array(tensor).astype(np.float32)
            tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
    for node in (n for n in model.graph.node if n.op_type == "Cast"):
        for attribute in (a for a in node.attribute if a.i == TensorProto.DOUBLE):
            attribute.i = TensorProto.FLOAT
    return model


def _tensors(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """All tensors of a file for two frames, or for as many as it states."""
    reference = Reference(model)
    (source,) = (i for i in model.graph.input if i.name == reference.input)
    shape = [d.dim_value for d in source.type.tensor_type.shape.dim][1:]
    return reference.tensors(np.zeros((reference.batch or 2, *shape)))


def _shapes(tensors: dict[str, np.ndarray]) -> dict[str, Shape]:
    return {name: tuple(np.shape(tensor)) for name, tensor in tensors.items() if name}
