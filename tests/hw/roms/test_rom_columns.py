"""RomColumns: every data bit comes back from few columns, none of which synthesis could drop."""

from __future__ import annotations

from typing import Any

import numpy as np
from amaranth.hdl import Module, Signal
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import simulate

from bnngen_hw.roms.rom import expanded
from bnngen_hw.roms.rom_columns import ALWAYS_0, ALWAYS_1, RomColumns

WORDS = st.integers(1, 20).flatmap(
    lambda width: st.tuples(
        st.just(width), st.lists(st.integers(0, (1 << width) - 1), min_size=1, max_size=40)
    )
)


@settings(deadline=None)
@given(WORDS)
def test_columns_give_all_words_back(drawn: tuple[int, list[int]]) -> None:
    width, words = drawn
    columns = RomColumns.of(words, width)
    bits = np.array([[word >> bit & 1 for bit in range(width)] for word in words])
    values = {ALWAYS_0: np.zeros(len(words)), ALWAYS_1: np.ones(len(words))}
    values |= dict(enumerate(columns.bits.T))
    assert (np.stack([values[source] for source in columns.sources.tolist()], axis=1) == bits).all()


@settings(deadline=None)
@given(WORDS)
def test_no_column_is_constant_or_there_twice(drawn: tuple[int, list[int]]) -> None:
    columns = RomColumns.of(drawn[1], drawn[0])
    stored = {tuple(column) for column in columns.bits.T.tolist()}
    assert len(stored) == columns.count
    assert all(0 < sum(column) < len(column) for column in stored)


def test_columns_stay_in_order() -> None:
    columns = RomColumns.of([0b00110, 0b01010], 5)
    assert columns.sources.tolist() == [ALWAYS_0, ALWAYS_1, 0, 1, ALWAYS_0]


def test_a_part_as_words() -> None:
    columns = RomColumns.of([0b001, 0b010, 0b100, 0b111], 3)
    assert columns.words(slice(1, 3), slice(1, 4)) == [0b01, 0b10, 0b11]


@settings(max_examples=30, deadline=None)
@given(WORDS)
def test_the_hardware_expands_alike(drawn: tuple[int, list[int]]) -> None:
    width, words = drawn
    columns = RomColumns.of(words, width)
    m, stored, data = Module(), Signal(columns.count), Signal(width)
    m.d.comb += data.eq(expanded(columns, stored))

    async def drive(ctx: Any) -> None:
        for index, word in enumerate(words):
            ctx.set(stored, columns.words(slice(None), slice(index, index + 1))[0] if columns.count else 0)
            assert ctx.get(data) == word

    simulate(m, drive)
