"""Whatever bnngen does with an input, the outcome is an answer or a verdict."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

from tests.fuzz.limits import CPU_SECONDS, OutOfTimeError, cpu_limit
from tests.fuzz.verdict import Verdict, of_error, place

_T = TypeVar("_T")


def guarded(answer: Callable[[], _T], seconds: float = CPU_SECONDS) -> _T | Verdict:
    """What ``answer`` returns within so many seconds of CPU, or the verdict on what it raised; a warning counts as an
    error, as in the tests."""
    try:
        with cpu_limit(seconds), warnings.catch_warnings():
            warnings.simplefilter("error")
            return answer()
    except OutOfTimeError as error:
        return Verdict("hang", place(error), str(error))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return of_error(error)
