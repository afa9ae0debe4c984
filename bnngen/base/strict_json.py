"""JSON files that people may have edited: what the standard calls JSON, or one clear reason why not."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NoReturn

MOST_BYTES = 1 << 24
"""No interface or report is larger."""


def read_json(path: Path) -> object:
    """What the file says.

    Raises OSError if it can't be read, and ValueError, with the reason, if it is not JSON: also for what
    Python lets pass (NaN, infinity, numbers beyond float64, a key twice, halves of characters), and for more
    than `MOST_BYTES`.
    """
    with path.open("rb") as file:
        contents = file.read(MOST_BYTES + 1)
    if len(contents) > MOST_BYTES:
        raise ValueError(f"it is longer than {MOST_BYTES:,} bytes")
    try:
        return parse(contents.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 text: {error.reason} at byte {error.start}") from None


def parse(text: str) -> object:
    """What ``text`` says. Raises ValueError as `read_json`."""
    try:
        data = json.loads(
            text, parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_without_doubles
        )
        json.dumps(data, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: {error}") from None
    except UnicodeEncodeError:
        raise ValueError("it holds half of a character (a lone surrogate)") from None
    return data


def _no_number(token: str) -> NoReturn:
    raise ValueError(f"it holds {token}, which is no number")


def _finite(token: str) -> float:
    value = float(token)
    if not math.isfinite(value):
        raise ValueError(f"it holds {token[:40]}, which is beyond float64")
    return value


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in found if keys.count(key) > 1)
        raise ValueError(f"it has the key {twice[:40]!r} twice")
    return found
