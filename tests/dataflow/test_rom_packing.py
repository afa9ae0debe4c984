"""Packing: nothing is lost, the pairs are as many as can be, and synthesis makes what was counted."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.back import rtlil
from amaranth.hdl import ClockDomain, Module
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from bnngen.dataflow.rom_packing import pack, pair
from bnngen.toolflow.toolchain import YOSYS
from bnngen_boards.families import FAMILIES
from bnngen_boards.profile import load_board
from bnngen_hw.roms.rom import Rom

BOARDS = {"ice40": "icebreaker", "ecp5": "ulx3s_85f", "xc7": "zc706"}
CELLS = {"SB_RAM40_4K": 1, "DP16KD": 1, "RAMB18E1": 1, "RAMB36E1": 2}
"""Block memories by their cells, in the unit of the boards."""
TWO_PORTS = ((18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384))


def random_rom(random: np.random.Generator, width: int, depth: int) -> Rom:
    bits = random.integers(0, 2, (depth, width))
    return Rom([int("".join(map(str, row)), 2) for row in bits.tolist()], width, "block")


def packed(roms: list[Rom], board: str) -> tuple[list[Rom], list[int]]:
    """The ROMs as they are laid out on a board, and their blocks."""
    packing = pack(roms, load_board(board).resources.bram)
    laid = [rom.rebuilt(pieces=pieces) for rom, pieces in zip(roms, packing.pieces, strict=True)]
    return laid, packing.blocks


def system(roms: list[Rom]) -> Module:
    """The ROMs side by side, with the memories that they share."""
    m = Module()
    for index, rom in enumerate(roms):
        m.submodules[f"rom{index}"] = rom
    for index, shared in enumerate(dict.fromkeys(s for rom in roms for s in rom.shared)):
        m.submodules[f"shared{index}"] = shared
    return m


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(list(BOARDS.values())),
    st.lists(st.tuples(st.integers(1, 60), st.integers(2, 1500)), min_size=1, max_size=4),
    st.integers(0, 99),
)
def test_packed_roms_read_as_before(board: str, shapes: list[tuple[int, int]], seed: int) -> None:
    random = np.random.default_rng(seed)
    roms, _ = packed([random_rom(random, width, depth) for width, depth in shapes], board)
    reads = [random.integers(0, depth, 20).tolist() for _, depth in shapes]

    async def bench(ctx: Any) -> None:
        for addresses in zip(*reads, strict=True):
            for rom, address in zip(roms, addresses, strict=True):
                ctx.set(rom.addr, address)
            await ctx.tick()
            for rom, address in zip(roms, addresses, strict=True):
                assert ctx.get(rom.data) == rom.words[address]

    top = system(roms)
    top.domains.sync = ClockDomain()  # all of them may turn out to be constant
    simulator = Simulator(top)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def most_pairs(depths: list[int], room: int) -> int:
    """The most pairs of which none is deeper than ``room``, by trying all."""
    if len(depths) < 2:
        return 0
    first, *rest = depths
    partners = (rest[:k] + rest[k + 1 :] for k, depth in enumerate(rest) if first + depth <= room)
    return max([most_pairs(rest, room), *(1 + most_pairs(left, room) for left in partners)])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(2, 1024), max_size=7))
def test_as_many_pairs_as_can_be(depths: list[int]) -> None:
    pairs = pair([(18, depth) for depth in depths], TWO_PORTS)
    assert len(pairs) == most_pairs(depths, 1024)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 36), st.integers(2, 20_000)), max_size=30))
def test_pairs_fit_a_block_and_no_piece_is_in_two(pieces: list[tuple[int, int]]) -> None:
    pairs = pair(pieces, TWO_PORTS)
    used = [index for p in pairs for index in (p.first, p.second)]
    assert len(used) == len(set(used))
    for first, second, words in pairs:
        assert pieces[first][1] + pieces[second][1] <= words
        assert any(max(pieces[first][0], pieces[second][0]) <= w and words <= d for w, d in TWO_PORTS)


def test_nothing_is_shared_without_a_second_port() -> None:
    roms = [random_rom(np.random.default_rng(seed), 8, 100) for seed in range(2)]
    roms, blocks = packed(roms, "icebreaker")
    assert blocks == [1, 1]
    assert not any(rom.shared for rom in roms)


def test_a_shared_block_counts_once() -> None:
    roms = [random_rom(np.random.default_rng(seed), 18, 500) for seed in range(3)]
    roms, blocks = packed(roms, "ulx3s_85f")
    assert blocks == [1, 0, 1]
    assert roms[0].shared == roms[1].shared != []


def test_only_block_roms_are_packed() -> None:
    roms = [Rom([1, 2, 3], 2, "logic"), Rom([1], 2, "block"), Rom([1, 1], 2, "block")]
    assert packed(roms, "icebreaker")[1] == [0, 0, 0]


def awkward_roms(random: np.random.Generator) -> list[Rom]:
    """Contents that synthesis likes to simplify, and shapes that fill blocks badly."""
    noise = random_rom(random, 20, 300)
    return [
        Rom([word & 0b111 for word in noise.words], 20, "block"),
        Rom([(word & 1) * 0xFFFFF for word in noise.words], 20, "block"),
        Rom([5] * 40, 20, "block"),
        Rom([0] * 520 + [7], 20, "block"),
        Rom(list(range(300)), 20, "block"),
        Rom([*noise.words[:-30], *[0xFFFFF] * 30], 20, "block"),
        noise,
        Rom(noise.words, 20, "block"),
        random_rom(random, 40, 4),
        random_rom(random, 37, 600),
        random_rom(random, 3, 2),
        random_rom(random, 5, 2100),
    ]


@pytest.mark.parametrize("family", BOARDS)
def test_synthesis_makes_the_blocks_that_were_counted(tmp_path: Path, family: str) -> None:
    roms, blocks = packed(awkward_roms(np.random.default_rng(0)), BOARDS[family])
    ports = [port for rom in roms for port in (rom.addr, rom.data)]
    (tmp_path / "top.il").write_text(rtlil.convert(system(roms), name="top", ports=ports))
    memories = f"{FAMILIES[family].synthesis} -top top -run begin:map_ffs"
    (tmp_path / "top.ys").write_text(f"read_rtlil top.il\n{memories}\nstat\n")
    YOSYS.run(["top.ys"], tmp_path, tmp_path / "log")
    words = (tmp_path / "log").read_text().rpartition("Printing statistics")[2].split()
    assert sum(int(words[words.index(cell) - 1]) * n for cell, n in CELLS.items() if cell in words) == sum(
        blocks
    )
