"""How bitstreams get into boards: what the profiles say, and what the programs are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.narrow import present

from bnngen.base.errors import BoardError
from bnngen_boards.loading import LOADERS, Loading
from bnngen_boards.memory import Memory
from bnngen_boards.profile import board_names, load_board

FLASH, SRAM = Memory.FLASH, Memory.SRAM
FAILED = {loader.name: loader.failed for loader in LOADERS}


def ways(board: str, memory: Memory) -> dict[str, list[str]]:
    """What each program that can load the board is told, the best first."""
    loading = load_board(board).loading
    return {loader.name: arguments for loader, arguments in present(loading).ways(memory)}


@pytest.mark.parametrize("name", board_names())
def test_a_board_that_gets_a_bitstream_says_how_it_is_loaded(name: str) -> None:
    board = load_board(name)
    assert (board.loading is not None) == board.place_and_route


@pytest.mark.parametrize(
    ("board", "memory", "told"),
    [
        ("icebreaker", FLASH, {"iceprog": [], "openFPGALoader": ["-b", "ice40_generic", "-f"]}),
        ("upduino_v3", FLASH, {"iceprog": []}),
        ("ice40_hx8k_b_evn", FLASH, {"iceprog": [], "openFPGALoader": ["-b", "ice40_generic", "-f"]}),
        ("ice40_hx8k_b_evn", SRAM, {"iceprog": ["-S"], "openFPGALoader": ["-b", "ice40_generic", "-m"]}),
        ("ulx3s_85f", SRAM, {"openFPGALoader": ["-b", "ulx3s", "-m"]}),
        ("ulx3s_85f", FLASH, {"openFPGALoader": ["-b", "ulx3s", "-f"]}),
        ("colorlight_5a75b_r7_0", SRAM, {"openFPGALoader": ["-b", "colorlight", "-c", "ft232", "-m"]}),
        (
            "orangecrab_r0_2",
            FLASH,
            {
                "dfu-util": ["-d", "1209:5af0", "-a", "0", "-D"],
                "openFPGALoader": ["-b", "orangeCrab", "-f"],
            },
        ),
    ],
)
def test_what_the_programs_are_told(board: str, memory: Memory, told: dict[str, list[str]]) -> None:
    found = ways(board, memory)
    assert found == told
    assert list(found) == list(told)


def test_the_memory_that_is_taken_unless_one_is_named() -> None:
    loadings = {name: load_board(name).loading for name in board_names()}
    first = {name: str(loading.memories[0]) for name, loading in loadings.items() if loading is not None}
    assert first == {
        "colorlight_5a75b_r7_0": "sram",
        "ice40_hx8k_b_evn": "flash",
        "icebreaker": "flash",
        "orangecrab_r0_2": "flash",
        "ulx3s_85f": "sram",
        "upduino_v3": "flash",
    }


@pytest.mark.parametrize(
    ("program", "text", "failed"),
    [
        ("iceprog", "init..\ncdone: low\nprogramming..\ncdone: high\nBye.", False),
        ("iceprog", "init..\ncdone: high\nprogramming..\ncdone: low\nBye.", True),
        ("iceprog", "VERIFY OK\nBye.", False),
        ("openFPGALoader", "Parse file DONE\nWait for CDONE DONE", False),
        ("openFPGALoader", "Parse file DONE\nWait for CDONE FAIL", True),
        ("openFPGALoader", "FAILSAFE", False),
    ],
)
def test_a_program_that_ends_well_without_a_running_fpga(program: str, text: str, failed: bool) -> None:
    assert bool(present(FAILED[program]).search(text)) == failed


def test_a_profile_of_one_s_own(own_board: Callable[..., Path]) -> None:
    assert load_board(own_board()).loading is None
    table = '[loading]\nmemories = ["sram"]\niceprog = true\n[clock]'
    assert load_board(own_board("[clock]", table)).loading == Loading(memories=(SRAM,), iceprog=True)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('memories = ["ram"]\niceprog = true', "memories.0: found 'ram'; accepted: 'sram' or 'flash'"),
        ("memories = []\niceprog = true", "loading.memories: found []"),
        ('memories = ["sram", "sram"]\niceprog = true', "loading: accepted: each of the memories once"),
        ('memories = ["sram"]', "loading: accepted: iceprog = true, openfpgaloader or dfu: at least one"),
        ('memories = ["sram"]\niceprog = true\ncable = "x"', "accepted: a cable only beside openfpgaloader"),
        ('memories = ["sram"]\ndfu = "1209:5af0"', 'accepted: dfu with memories = ["flash"]'),
        ('memories = ["flash"]\ndfu = "1209"', "loading.dfu: found '1209'; accepted: String should match"),
        # nothing of these gets to a program as an option
        ('memories = ["sram"]\nopenfpgaloader = "--x"', "loading.openfpgaloader: found '--x'; accepted:"),
        ('memories = ["sram"]\nopenfpgaloader = "a b"', "loading.openfpgaloader: found 'a b'; accepted:"),
        ('memories = ["sram"]\niceprg = true', "loading.iceprg: unknown field; did you mean iceprog?"),
    ],
)
def test_mistakes(own_board: Callable[..., Path], table: str, message: str) -> None:
    with pytest.raises(BoardError) as caught:
        load_board(own_board("[clock]", f"[loading]\n{table}\n[clock]"))
    assert message in str(caught.value)


def test_a_board_without_a_bitstream_is_not_loaded(netlist_board: Callable[..., Path]) -> None:
    table = '[loading]\nmemories = ["sram"]\niceprog = true\n[clock]'
    with pytest.raises(BoardError, match=r"found here: \[loading\]$"):
        load_board(netlist_board("[clock]", table))
