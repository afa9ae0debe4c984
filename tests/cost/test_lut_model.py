"""The LUT model: prices for everything in every family, and predictions that synthesis confirms."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from support.narrow import present

import bnngen
from bnngen.cost.lut_model import Structure, luts
from bnngen_boards.families import FAMILIES


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_kind_has_a_price(family: str) -> None:
    prices = FAMILIES[family].prices
    assert list(prices) == [kind.name for kind in fields(Structure)]
    assert min(prices.values()) >= 0


def test_luts_are_counts_times_prices() -> None:
    price = FAMILIES["ecp5"].prices
    assert luts(Structure(adders=1000), "ecp5") == round(1000 * price["adders"])
    both = Structure(adders=300, rotating=70) + Structure(rotating=30)
    assert luts(both, "ecp5") == round(300 * price["adders"] + 100 * price["rotating"])


@pytest.mark.parametrize(
    ("board", "fps"),
    [("icebreaker", None), ("icebreaker", 60_000), ("ulx3s_85f", 1_000_000), ("zc706", 4_000_000)],
)
def test_synthesis_confirms_the_prediction(digits: Path, tmp_path: Path, board: str, fps: int | None) -> None:
    """The digits network, as a whole accelerator: within 15 %."""
    design = bnngen.compile(bnngen.load(digits / "digits_1w1a.onnx"), board, fps=fps)
    report = design.build(tmp_path, until="synth").report
    predicted = design.schedule.resources.lut
    assert predicted == pytest.approx(present(report.synthesis).accelerator.lut, rel=0.15)
