"""The components of an accelerator and who reads whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bnngen_hw.component import StreamComponent
from bnngen_hw.timing import Cycles


@dataclass(frozen=True, eq=False)
class Dataflow:
    """``parts`` in such an order that each comes behind those it reads.

    ``sources``: for each part the numbers of the parts whose streams it takes, input by input; the first part
    takes the frames from outside. Several may take the same stream: each gets every beat of it.
    """

    parts: tuple[StreamComponent, ...]
    sources: tuple[tuple[int, ...], ...]

    @classmethod
    def row(cls, parts: Sequence[StreamComponent]) -> Dataflow:
        """Each part reads the one before it."""
        return cls(tuple(parts), ((), *((k,) for k in range(len(parts) - 1))))

    def __iter__(self) -> Iterator[StreamComponent]:
        return iter(self.parts)

    def __len__(self) -> int:
        return len(self.parts)

    def readers(self, number: int) -> list[tuple[int, int]]:
        """The parts that take the stream of a part, each with the number of its input."""
        return [(k, i) for k, read in enumerate(self.sources) for i, s in enumerate(read) if s == number]

    def arrivals(self, beats: Cycles) -> list[Cycles]:
        """When each part's output beats are there, if the first part's input beats are there in ``beats``."""
        times: list[Cycles] = []
        for part, read in zip(self.parts, self.sources, strict=True):
            inputs: Any = [times[k] for k in read] if read else [beats]
            times.append(part.arrivals(*inputs))
        return times
