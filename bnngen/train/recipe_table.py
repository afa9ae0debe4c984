"""What the tables of recipes are made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MOST_STEPS = 1_000_000
Seed = Annotated[int, Field(ge=0, lt=1 << 32)]
Steps = Annotated[int, Field(gt=0, le=MOST_STEPS)]
Size = Annotated[int, Field(gt=0, le=1 << 16)]
Sizes = Annotated[tuple[Size, ...], Field(max_length=64)]
Positive = Annotated[float, Field(gt=0, le=1e30)]
NonNegative = Annotated[float, Field(ge=0, le=1e30)]
Share = Annotated[float, Field(gt=0, lt=1)]
Names = Annotated[tuple[str, ...], Field(max_length=1 << 12)]


class RecipeTable(BaseModel):
    """A TOML table: its keys are fixed, and it never changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
