"""Models of cells: yosys' own, and those that replace them."""

from __future__ import annotations

import re

import pytest

from bnngen.base.errors import MissingToolError
from bnngen_sim.cells import cell_models

FILE = "ecp5/common_sim.vh"


def modules(text: str) -> list[str]:
    return re.findall(r"^module (\w+)", text, re.MULTILINE)


def test_ours_replace_those_of_yosys() -> None:
    own = "module LUT4(input A, output Z);\nendmodule\n"
    theirs, text = cell_models([FILE], ""), cell_models([FILE], own)
    assert sorted(modules(text)) == sorted(modules(theirs))
    assert text.endswith(own)
    assert "module LUT4(input A, B, C, D" in theirs


def test_several_files_without_what_they_include() -> None:
    text = cell_models([FILE, "ecp5/ccu2c_sim.vh"], "module MINE;\nendmodule\n")
    assert {"LUT4", "CCU2C", "MINE"} <= set(modules(text))
    assert "`include" not in text


def test_without_yosys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bnngen_sim.cells._YOSYS", ("no_such_package",))
    with pytest.raises(MissingToolError, match="yosys, which brings the models of its cells, is missing"):
        cell_models([FILE], "")
