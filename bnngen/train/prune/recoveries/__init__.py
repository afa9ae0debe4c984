"""What the weights that are left begin with, one recovery a file.

Each has ``origin(early, fresh)``: the state, of the full size, that they are set back to, or an empty one for
none. ``early`` is the state in front of the epoch ``rewind_epoch``, ``fresh`` makes an untrained network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bnngen.train.trainee import Trainee

State = dict[str, Any]
Fresh = Callable[[], Trainee]
