"""The pages that lead from torch's modules to a network: their examples run, and mean what the files say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_from import agrees, run_example

pytestmark = pytest.mark.train


@pytest.mark.filterwarnings("ignore")  # of Brevitas, at the first import and at the export
def test_brevitas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = run_example("docs/from/brevitas.md")
    agrees(names, names["x"].numpy())


def test_torch() -> None:
    names = run_example("docs/from/torch.md")
    agrees(names, names["x"].numpy())
    layers = [layer.name for layer in names["network"].layers]
    assert layers == ["fc1", "fc2"]
