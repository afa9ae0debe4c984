"""Random files over all operators, widths and shapes: the reference evaluator, the golden model, the Verilog."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.onnx_files import agrees, verilog_agrees

from tests.frontend.onnx_file import File
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


def drawn(data: st.DataObject) -> tuple[File, str]:
    choices = Drawn(data)
    model = File(*choices.pick(*SHAPES))
    return model, Writer(model, choices).write()


def examples(count: int) -> settings:
    """So many files without a time limit; all go to one path, where the last that fails, the smallest, stays."""
    checks = [HealthCheck.function_scoped_fixture]
    return settings(max_examples=count, deadline=None, suppress_health_check=checks)


@examples(QUICK)
@given(data=st.data())
def test_golden_is_what_the_file_says(data: st.DataObject, keeps_failures: Path) -> None:
    model, output = drawn(data)
    agrees(model, output, path=keeps_failures)


@pytest.mark.slow
@examples(SLOW_GOLDEN)
@given(data=st.data())
def test_golden_of_hundreds_of_files(data: st.DataObject, keeps_failures: Path) -> None:
    model, output = drawn(data)
    agrees(model, output, path=keeps_failures)


@pytest.mark.slow
@examples(SLOW_VERILOG)
@given(data=st.data())
def test_the_verilog_of_many_files(data: st.DataObject, keeps_failures: Path) -> None:
    """In Verilator, with and without stalls; cycles and latency as predicted."""
    fps = data.draw(st.sampled_from([None, 1_000_000]))
    model, output = drawn(data)
    verilog_agrees(agrees(model, output, path=keeps_failures), fps)
