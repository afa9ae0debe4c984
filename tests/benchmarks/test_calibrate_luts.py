"""Prices get into the files of the families."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from bnngen_boards import families

CALIBRATE = runpy.run_path(str(Path(__file__).with_name("calibrate_luts.py")))


@pytest.mark.parametrize("family", families.FAMILIES)
def test_only_the_prices_change(family: str) -> None:
    text = Path(families.__file__).with_name(f"{family}.py").read_text()
    prices = families.FAMILIES[family].prices
    assert CALIBRATE["with_prices"](text, prices) == text
    dearer = CALIBRATE["with_prices"](text, {**prices, "adders": 9.875})
    changed = [line for line in dearer.splitlines() if line not in text.splitlines()]
    assert changed == ['    "adders": 9.875,']


def test_a_board_stands_for_every_family() -> None:
    assert set(CALIBRATE["BOARDS"]) == set(families.FAMILIES)
