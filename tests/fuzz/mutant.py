"""A changed file, by what it was and by what was done to it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

Step = tuple[str, int]
"""A change by its name, and the seed of its choices."""


@dataclass(frozen=True)
class Mutant:
    """``base`` is the file that it was, ``origin`` its name, ``apply`` does ``steps`` to it."""

    origin: str
    base: bytes
    steps: tuple[Step, ...]
    apply: Callable[[bytes, Sequence[Step]], bytes]

    @cached_property
    def contents(self) -> bytes:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # changes that lose digits are as good as any
            return self.apply(self.base, self.steps)

    @property
    def changes(self) -> str:
        """What was done, in words."""
        return ", ".join(name for name, _ in self.steps) or "nothing"

    def fewer(self) -> Iterator[Mutant]:
        """The file with one change less."""
        for index in range(len(self.steps)):
            yield replace(self, steps=self.steps[:index] + self.steps[index + 1 :])
