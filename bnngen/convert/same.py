"""Whether two networks are one: the same layers, weights, thresholds, types, and the same at both ends."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from bnngen.numbers.exact import Exact
from bnngen.reference.network import Network


def difference(first: Network, second: Network) -> tuple[str, str] | None:
    """The layer, and what of it differs; None where nothing does."""
    if len(first.layers) != len(second.layers):
        return first.layers[-1].name, f"the number of layers, {len(first.layers)} and {len(second.layers)}"
    for number, (one, other) in enumerate(zip(first.layers, second.layers, strict=True)):
        if one.name != other.name:
            return one.name, f"the name, which becomes '{other.name}'"
        if type(one.op) is not type(other.op):
            return one.name, f"the kind, {one.op.kind} and {other.op.kind}"
        for field in dataclasses.fields(one.op):  # type: ignore[arg-type]  # every layer is a dataclass
            if not _same(getattr(one.op, field.name), getattr(other.op, field.name)):
                return one.name, field.name
        if first.sources[number] != second.sources[number]:
            return one.name, "what it reads"
    for part in ("quantizer", "host"):
        if not _same(getattr(first, part), getattr(second, part)):
            return (first.layers[0] if part == "quantizer" else first.layers[-1]).name, f"the {part}"
    if (first.model_shape, first.input_shape) != (second.model_shape, second.input_shape):
        return first.layers[0].name, "the shape of the input"
    return None


def _same(one: Any, other: Any) -> bool:
    if dataclasses.is_dataclass(one) and not isinstance(one, type):
        fields = (field.name for field in dataclasses.fields(one))
        return type(one) is type(other) and all(_same(getattr(one, f), getattr(other, f)) for f in fields)
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and _same_arrays(one, other)
    return bool(one == other)


def _same_arrays(one: np.ndarray, other: np.ndarray) -> bool:
    """One number stands for several that are equal."""
    if one.dtype == object and len(one) != len(other):
        short, long = sorted((one, other), key=len)
        return len(short) == 1 and all(Exact.of(value) == short[0] for value in long)
    return np.array_equal(one, other)
