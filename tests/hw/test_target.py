"""Target: refuses fabrics that don't exist."""

from __future__ import annotations

from typing import Any

import pytest

from bnngen_hw.target import Target


@pytest.mark.parametrize("wrong", [{"lut_inputs": 5}, {"levels_per_stage": 0}, {"fanout": -1}])
def test_refusals(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"LUTs have 4 or 6 inputs|must be at least 1"):
        Target(**wrong)


def test_copies_of_the_input_register() -> None:
    assert [Target().copies(9), Target(fanout=4).copies(9), Target(fanout=9).copies(9)] == [1, 3, 1]
