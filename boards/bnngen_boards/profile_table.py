"""What all tables of a board's profile have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1, max_length=200)]
# what gets into command lines and constraints: one word, and no option
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=64)]


class ProfileTable(BaseModel):
    """A TOML table: its keys are fixed, and it never changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
