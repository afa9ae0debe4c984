"""TFC on MNIST: fast enough, and right often enough, by the golden model."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.narrow import present

from bnngen.train.run import train

pytestmark = pytest.mark.train

EXAMPLES = Path(__file__).parents[2] / "examples" / "recipes"


@pytest.mark.slow
def test_twenty_epochs_of_tfc(shared: Path, tmp_path: Path) -> None:
    text = (EXAMPLES / "tfc_mnist_quick.toml").read_text(encoding="utf-8")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(text.replace("../shared", str(shared)), encoding="utf-8")
    report = train(recipe, tmp_path / "out").report
    assert (report.epochs, report.test_samples) == (20, 10_000)
    assert report.seconds < 300
    assert present(report.test_accuracy) > 0.935
