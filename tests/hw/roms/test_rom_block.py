"""SharedRom: two ROMs in one memory, each read at its own addresses in every cycle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import simulate

from bnngen_hw.roms.rom_block import SharedRom


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_both_ports_read_their_own_words(data: st.DataObject) -> None:
    depth = 1 << data.draw(st.integers(2, 6))
    first = data.draw(st.integers(2, depth - 2))
    second = data.draw(st.integers(2, depth - first))
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    widths = random.integers(1, 10, 2).tolist()
    words = [random.integers(0, 1 << w, n).tolist() for w, n in zip(widths, (first, second), strict=True)]
    shared = SharedRom(depth, list(zip(words, widths, strict=True)))
    reads = [random.integers(0, len(w), 30).tolist() for w in words]

    async def drive(ctx: Any) -> None:
        for addresses in zip(*reads, strict=True):
            for port, address in zip(shared.ports, addresses, strict=True):
                ctx.set(port.addr, address)
            await ctx.tick()
            for port, contents, address in zip(shared.ports, words, addresses, strict=True):
                assert ctx.get(port.data) == contents[address]

    simulate(shared, drive)


def test_refuses_what_does_not_fit() -> None:
    five, one = ([1, 2, 3, 4, 5], 3), ([1], 1)
    assert len(SharedRom(8, [five, ([1, 2, 3], 2)]).ports) == 2
    with pytest.raises(ValueError, match=r"^a shared memory of 8 words holds two ROMs, not 5 \+ 4 words$"):
        SharedRom(8, [five, ([1] * 4, 1)])
    with pytest.raises(
        ValueError, match=r"^a shared memory of 8 words holds two ROMs, not 1 \+ 1 \+ 1 words$"
    ):
        SharedRom(8, [one, one, one])
