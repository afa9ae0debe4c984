"""A function of tensors that no integer layer computes: a file may have it where its result cancels out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bnngen.ir.graph import Shape


@dataclass(frozen=True)
class Refused:
    """What the file calls ``known_as``, of tensors of one shape, and why no network is made of it."""

    known_as: str
    reason: str

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        if len(set(inputs)) != 1:
            raise ValueError(f"of tensors of shapes {', '.join(map(str, inputs))} is not supported")
        return inputs[0]
