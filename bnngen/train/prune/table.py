"""``[prune]`` of a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from bnngen.base.toml import one_of
from bnngen.train.choices import RECOVERIES, SCHEDULES, SCORES, UNITS
from bnngen.train.recipe_table import MOST_STEPS, RecipeTable, Share, Size, Sizes, Steps


class PruneTable(RecipeTable):
    """What is removed once the network is trained, after which training goes on for ``epochs``.

    ``amount`` is the share of the weights, neurons or channels, blocks or layers that goes; in its place
    ``widths`` says how many neurons or channels stay, for each layer that can lose some. Of fan-ins
    ``fan_in`` inputs stay of each ``group``, by default all inputs of a neuron. Blocks are ``pe`` x ``simd``
    weights. ``scope``: the same share of each layer, or the least of the whole network. ``multiple``: what
    the number of neurons left is a multiple of. ``steps`` are those of the iterative and the polynomial
    schedule; the latter removes the share ``initial`` in front of its ``first_epoch``, and more ``every`` so
    many epochs. ``batches``: on how many scores are measured. ``network``: the folder of an earlier run to
    begin with, in place of training first.
    """

    unit: Annotated[str, one_of(UNITS)]
    score: Annotated[str, one_of(SCORES)] = "magnitude"
    schedule: Annotated[str, one_of(SCHEDULES)] = "one_shot"
    recovery: Annotated[str, one_of(RECOVERIES)] = "continue"
    amount: Share | None = None
    widths: Sizes | None = None
    scope: Literal["layer", "network"] = "layer"
    multiple: Size = 1
    fan_in: Size | None = None
    group: Size | None = None
    pe: Size | None = None
    simd: Size | None = None
    steps: Annotated[int, Field(ge=1, le=1000)] = 4
    initial: Annotated[float, Field(ge=0, lt=1)] = 0.0
    first_epoch: Annotated[int, Field(ge=0, le=MOST_STEPS)] = 0
    every: Steps = 1
    epochs: Steps | None = None
    rewind_epoch: Annotated[int, Field(ge=0, le=MOST_STEPS)] = 1
    batches: Steps = 16
    network: Path | None = None

    @model_validator(mode="after")
    def _complete(self) -> PruneTable:
        unit = UNITS.choices[self.unit]
        known = {name for each in UNITS.choices.values() for name in (*each.needed, *each.optional)}
        given = {name for name in known if getattr(self, name) is not None}
        if missing := [name for name in unit.needed if name not in given]:
            raise ValueError(f"with {', '.join(missing)}, which the unit {self.unit} needs")
        if extra := sorted(given - {*unit.needed, *unit.optional}):
            raise ValueError(f"without {', '.join(extra)}, which the unit {self.unit} does not have")
        if self.unit == "neurons" and len(given) != 1:
            raise ValueError("with either amount or widths, one of which the unit neurons needs")
        if self.widths is not None and (self.scope, self.multiple) != ("layer", 1):
            raise ValueError("without scope and multiple where widths say how many stay in each layer")
        own = {"initial": self.initial, "first_epoch": self.first_epoch, "every": self.every - 1}
        if self.schedule != "polynomial" and (extra := [name for name, value in own.items() if value]):
            raise ValueError(f"without {', '.join(extra)}, which the schedule {self.schedule} does not have")
        if self.recovery == "rewind" and self.network is not None:
            raise ValueError(
                "without network where weights are rewound: the early ones are not in its folder"
            )
        return self
