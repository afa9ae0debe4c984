"""The ablation runs, and its arithmetic is right. What it finds is not tested."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def ablation(load_script: Callable[[str], ModuleType]) -> ModuleType:
    return load_script("ablation")


def test_verdicts_want_every_seed(ablation: ModuleType) -> None:
    assert ablation.verdict([0.1, 2.0]) == "helps"
    assert ablation.verdict([-0.1, -2.0]) == "harms"
    assert ablation.verdict([0.0, 2.0]) == ablation.verdict([-1.0, 2.0]) == "not clear"


def test_a_table_of_two_seeds(
    ablation: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ablation, "GROUPS", (ablation.quantization,))
    monkeypatch.setenv("COLUMNS", "100")
    ablation.main(["--seeds", "2", "--epochs", "1"])
    out = capsys.readouterr().out
    assert "digits, binarized inputs, 2 seeds, 1 epochs" in out
    assert "min_max, per tensor, no corrections" in out
    assert out.count("+") + out.count("helps") + out.count("harms") + out.count("not clear") >= 8


@pytest.mark.slow
def test_all_tables(ablation: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    ablation.main(["--seeds", "1", "--epochs", "2"])
    assert capsys.readouterr().out.count("small from the start") == 3
