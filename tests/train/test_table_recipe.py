"""From a table and a board to a recipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bnngen.base.errors import FitError, UsageError
from bnngen.design import Design
from bnngen.reports.results import TableRecord
from bnngen.train.recipe import load_recipe
from bnngen.train.table_recipe import LEVELS, WIDTHS, TableChoices, make_recipe
from bnngen_boards.profile import load_board

pytestmark = pytest.mark.train
BOARD = load_board("icebreaker")


class Watcher:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.tables: list[TableRecord] = []
        self.designs: list[Design] = []

    def found(self, table: TableRecord) -> None:
        self.tables.append(table)

    def sized(self, design: Design) -> None:
        self.designs.append(design)

    def says(self, text: str) -> None:
        assert BOARD.name in text


@pytest.fixture
def table(tmp_path: Path) -> Path:
    x = np.random.default_rng(0).normal(size=(80, 3))
    lines = [f"{a:.4f},{b:.4f},{c:.4f},{'no' if a < b else 'yes'}" for a, b, c in x]
    (tmp_path / 'fan "2".csv').write_text("\n".join(["x,y,z,state", *lines]))
    return tmp_path / 'fan "2".csv'


def test_a_recipe_that_reads_back(table: Path, tmp_path: Path) -> None:
    watcher = Watcher()
    choices = TableChoices("state", ("z",), ("x",), missing="drop")
    path = make_recipe(table, tmp_path / "out", BOARD, None, choices, watcher)
    recipe = load_recipe(path)
    assert (recipe.data.path, recipe.data.label, recipe.data.missing) == (table, "state", "drop")
    assert (recipe.data.drop, recipe.data.keep, recipe.data.levels) == (("z",), ("x",), LEVELS[0])
    assert recipe.model.widths == WIDTHS[0]
    assert [found.bits for found in watcher.tables] == [2 * LEVELS[0]]
    assert [design.schedule.board for design in watcher.designs] == [BOARD]
    assert make_recipe(table, tmp_path / "out", BOARD, None, choices, Watcher()) == path
    with pytest.raises(UsageError, match=r"is another recipe than the one for this table and board"):
        make_recipe(table, tmp_path / "out", BOARD, None, TableChoices(), Watcher())


def test_codes_are_words(table: Path, tmp_path: Path) -> None:
    """Two numbers that are codes become two elements, not one threshold."""
    lines = table.read_text().splitlines()
    coded = [f"{lines[0]},", *(f"{line},{7 * (k % 2)}" for k, line in enumerate(lines[1:]))]
    table.write_text("\n".join(coded).replace("state,", "state,machine"))
    watcher = Watcher()
    choices = TableChoices("state", words=("machine",))
    recipe = load_recipe(make_recipe(table, tmp_path / "out", BOARD, None, choices, watcher))
    assert recipe.data.words == ("machine",)
    machine = watcher.tables[0].columns[-1]
    assert (machine.name, machine.type, machine.words, machine.bits) == ("machine", "word", 2, 2)


def test_a_fast_rate_takes_a_smaller_network(table: Path, tmp_path: Path) -> None:
    watcher = Watcher()
    path = make_recipe(table, tmp_path / "out", BOARD, 1e6, TableChoices(), watcher)
    widths = load_recipe(path).model.widths
    assert widths is not None
    assert widths < WIDTHS[0]
    assert watcher.designs[0].fps >= 1e6


def test_what_does_not_fit_at_all(table: Path, tmp_path: Path) -> None:
    with pytest.raises(
        FitError, match=r"^no network for .* fits icebreaker at this rate, however narrow, with 3 bits"
    ):
        make_recipe(table, tmp_path / "out", BOARD, 1e9, TableChoices(), Watcher())
    assert not (tmp_path / "out").exists()


def test_a_name_of_no_column_is_that_of_an_option(table: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^--drop: no column 'w'"):
        make_recipe(table, tmp_path / "out", BOARD, None, TableChoices(drop=("w",)), Watcher())
