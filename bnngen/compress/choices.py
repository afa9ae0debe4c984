"""What the students of a search may begin as."""

from __future__ import annotations

from typing import Literal

Start = Literal["scratch", "pruned"]
Starts = Literal["scratch", "pruned", "both"]
