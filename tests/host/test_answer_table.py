"""Answers as people read them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from support.named_model import named_model
from support.networks import make_network

import bnngen
from bnngen.host.answer_table import class_names, write_answers


@pytest.mark.parametrize(
    ("output", "table"),
    [("file", "class,score_ok,score_worn,score_broken\nbroken,0.0,-2.0,2.0\n"), ("class", "class\nbroken\n")],
)
def test_with_names(tmp_path: Path, output: Literal["file", "class"], table: str) -> None:
    network = bnngen.load(named_model(tmp_path / "m.onnx"), output)
    y = network.run(np.array([[1, -1]]))
    assert class_names(network, y) == ["broken"]
    write_answers(tmp_path / "y.csv", network, y)
    assert (tmp_path / "y.csv").read_text() == table


def test_without_names(tmp_path: Path) -> None:
    network = make_network(0, [8, 3], ["bipolar"])
    y = np.array([[1, 5, 2], [4, 4, 0]])
    assert class_names(network, y) == ["1", "0"]
    write_answers(tmp_path / "y.csv", network, y)
    assert (tmp_path / "y.csv").read_text().splitlines()[0] == "class,score_0,score_1,score_2"
