"""Random files over all operators, widths and shapes: the reference evaluator, the golden model, the Verilog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.frontend.random_files import SHAPES, Writer

QUICK, SLOW_GOLDEN, SLOW_VERILOG = 40, 500, 40
"""Files of a quick run; of a slow run through the golden model, and through Verilator."""


class Drawn:
    """Hypothesis chooses."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data

    def pick(self, *options: Any) -> Any:
        return self.data.draw(st.sampled_from(options))

    def integer(self, first: int, last: int) -> int:
        return self.data.draw(st.integers(first, last))


def drawn(data: st.DataObject, file: Callable) -> tuple[Any, str]:
    choices = Drawn(data)
    model = file(*choices.pick(*SHAPES))
    return model, Writer(model, choices).write()


pytestmark = pytest.mark.usefixtures("keeps_failures")
OPTIONS = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@settings(max_examples=QUICK, **OPTIONS)
@given(data=st.data())
def test_golden_is_what_the_file_says(data: st.DataObject, file: Callable, agrees: Callable) -> None:
    model, output = drawn(data, file)
    agrees(model, output)


@pytest.mark.slow
@settings(max_examples=SLOW_GOLDEN, **OPTIONS)
@given(data=st.data())
def test_golden_of_hundreds_of_files(data: st.DataObject, file: Callable, agrees: Callable) -> None:
    model, output = drawn(data, file)
    agrees(model, output)


@pytest.mark.slow
@settings(max_examples=SLOW_VERILOG, **OPTIONS)
@given(data=st.data())
def test_the_verilog_of_many_files(
    data: st.DataObject, file: Callable, agrees: Callable, verilog_agrees: Callable
) -> None:
    """In Verilator, with and without stalls; cycles and latency as predicted."""
    fps = data.draw(st.sampled_from([None, 1_000_000]))
    verilog_agrees(agrees(*drawn(data, file)), fps)
