"""What an engine is said to be made of is what its hardware stores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen.cost.folding import Folding, Foldings
from bnngen.cost.resources import logic_rom_luts
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.ops.engine import Engine
from bnngen.ops.engine_options import EngineOption, EngineOptions
from bnngen.ops.threshold import Threshold
from bnngen_boards.profile import load_board

BOARD = load_board("icebreaker")
ALONE = EngineOptions(Foldings.of([Folding(1, 8)]), "block", "logic")


def engine(seed: int, x: IntType, out: IntType, spread: int) -> Engine:
    rng, rows, columns = np.random.default_rng(seed), 24, 40
    levels = 1 if out == BIPOLAR else out.hi
    thresholds = np.sort(rng.integers(-spread, spread + 1, (rows, levels)), axis=1)
    weights = rng.integers(0, 2, (rows, columns)) * 2 - 1
    return Engine(weights, x, Threshold(thresholds, np.zeros(rows, bool), out))


@given(
    st.integers(0, 1 << 20),
    st.sampled_from([BIPOLAR, IntType(0, 3)]),
    st.sampled_from([BIPOLAR, IntType(0, 3)]),
    st.integers(0, 40),
)
def test_tables_are_the_columns_that_differ(seed: int, x: IntType, out: IntType, spread: int) -> None:
    """Those of one lane, which holds all rows."""
    found = engine(seed, x, out, spread)
    option = EngineOption(Folding(1, 8), "block", "logic")
    hardware = found.hardware(option, BOARD.fabric.target, 0)
    tables = [rom for rom in hardware.roms if rom not in hardware.weight_roms]
    stored = sum(rom.columns.count for rom in tables if len(rom.words) > 1)
    luts = logic_rom_luts(stored, found.rows, 4)
    assert found.structure(ALONE, BOARD).tables.tolist() == pytest.approx([luts])


def test_thresholds_that_are_all_alike_cost_nothing() -> None:
    assert engine(0, BIPOLAR, IntType(0, 3), 0).structure(ALONE, BOARD).tables == 0
