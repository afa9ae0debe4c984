"""The ways to build an engine: one by one, and many foldings at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from bnngen.cost.folding import Folding, Foldings
from bnngen_hw.memories import FeedStyle, RomStyle


class EngineOption(NamedTuple):
    """A folding, and where the weights and the tables of thresholds lie."""

    folding: Folding
    rom_style: RomStyle
    table_style: RomStyle


class EngineOptions(NamedTuple):
    """Foldings whose weights and tables of thresholds lie in the same place. What is said of them is an array
    (foldings,)."""

    folding: Foldings
    rom_style: RomStyle
    table_style: RomStyle


def by_style(
    engine: EngineOptions, styles: Mapping[Folding, Sequence[FeedStyle]]
) -> Iterator[tuple[FeedStyle, EngineOptions]]:
    """The foldings that have each of the ``styles``."""
    own = [styles[folding] for folding in engine.folding.each()]
    for style in dict.fromkeys(chain.from_iterable(own)):
        yield style, engine._replace(folding=engine.folding.where(np.array([style in s for s in own])))
