"""``bnngen build``, its folder and its report."""

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from support.command_line import Cli

from bnngen.host.generated.files import HOST_FILES


def build(cli: Cli, digits: Path, out: Path, *more: object) -> tuple[int, str, str]:
    return cli("build", digits / "digits_1w1a.onnx", "--board", "icebreaker", "--out", out, *more)


def test_the_report_has_the_contract_s_keys(built: Path) -> None:
    report = json.loads((built / "report.json").read_text())
    assert {"bnngen", "model", "board", "clock_mhz", "layers", "schedule", "simulation"} <= report.keys()
    assert report["synthesis"] is None
    assert report["pnr"] is None
    assert report["warnings"] == []
    layer = report["layers"][0]
    assert {
        "name",
        "op",
        "pe",
        "simd",
        "cycles",
        "weight_bits",
        "lut_estimate",
        "bram_estimate",
    } <= layer.keys()
    schedule = report["schedule"]
    assert {
        "cycles_per_frame",
        "latency_cycles",
        "fps",
        "fifo_bits",
        "estimate",
        "available",
    } <= schedule.keys()
    assert schedule["fps"] == pytest.approx(report["clock_mhz"] * 1e6 / schedule["cycles_per_frame"])


def test_the_simulation_is_exact_and_as_predicted(built: Path) -> None:
    report = json.loads((built / "report.json").read_text())
    simulation, schedule = report["simulation"], report["schedule"]
    assert (simulation["frames"], simulation["mismatches"], simulation["correct"]) == (360, 0, 342)
    assert simulation["cycles_per_frame"] == schedule["cycles_per_frame"]
    assert simulation["latency_cycles"] == schedule["latency_cycles"]


def test_the_folder_holds_what_the_contract_says(built: Path) -> None:
    names = {str(path.relative_to(built)) for path in built.rglob("*") if path.is_file()}
    assert names == {
        "model.onnx",
        "report.json",
        "report.html",
        "report.schema.json",
        "rtl/bnn_accelerator.v",
        "rtl/interface.json",
        *(f"host/{name}" for name in HOST_FILES),
        ".bnngen-files.json",
    }


def test_the_same_build_gives_the_same_bytes_in_another_folder(
    cli: Cli, digits: Path, built: Path, tmp_path: Path
) -> None:
    status, _, _ = build(cli, digits, tmp_path / "elsewhere", "--fps", "20000", "--until", "verilog")
    assert status == 0
    for name in ("bnn_accelerator.v", "interface.json"):
        assert (tmp_path / "elsewhere" / "rtl" / name).read_bytes() == (built / "rtl" / name).read_bytes()
    text = (built / "rtl" / "bnn_accelerator.v").read_text()
    assert str(Path(__file__).parents[2]) not in text


def test_estimate_writes_no_verilog(cli: Cli, digits: Path, tmp_path: Path) -> None:
    status, output, _ = build(cli, digits, tmp_path / "e", "--until", "estimate", "--fps", "max")
    assert status == 0
    assert "frames/s" in output
    assert not (tmp_path / "e" / "rtl").exists()
    assert json.loads((tmp_path / "e" / "report.json").read_text())["simulation"] is None


def test_class_output_adds_an_argmax(cli: Cli, digits: Path, tmp_path: Path) -> None:
    status, _, _ = build(cli, digits, tmp_path / "c", "--until", "verilog", "--output", "class")
    assert status == 0
    assert json.loads((tmp_path / "c" / "report.json").read_text())["layers"][-1]["op"] == "ArgMax"
    interface = json.loads((tmp_path / "c" / "rtl" / "interface.json").read_text())
    assert interface["class_index"] is True


def test_what_a_person_should_look_at_is_kept_in_the_report(cli: Cli, digits: Path, tmp_path: Path) -> None:
    """A clock that no such device reaches, and data that all lies on one side."""
    np.savez(tmp_path / "d.npz", x=np.full((40, 64), 16, np.uint8), y=np.arange(40) % 10)
    out = tmp_path / "w"
    arguments = ("--clock", 120, "--until", "simulate", "--verify", tmp_path / "d.npz", "--fps", 1000)
    status, output, errors = build(cli, digits, out, *arguments)
    assert status == 0
    found = json.loads((out / "report.json").read_text())["warnings"]
    assert len(found) == 2
    assert found[0].startswith("120 MHz is far above 43.7 MHz, the fastest clock")
    assert found[1].startswith("all inputs become the code 1")
    assert [line for line in errors.splitlines() if "warning:" in line] == [
        f"warning: {text}" for text in found
    ]
    assert "warning" not in output
    status, output, _ = cli("simulate", out, tmp_path / "d.npz", "--json", "-")
    assert json.loads(output)["warnings"] == found[1:]


def test_random_frames_are_not_looked_at(cli: Cli, digits: Path, tmp_path: Path) -> None:
    status, _, _ = build(cli, digits, tmp_path / "r", "--until", "simulate", "--fps", 1000, "--frames", 40)
    assert status == 0
    assert json.loads((tmp_path / "r" / "report.json").read_text())["warnings"] == []


def test_a_rate_that_does_not_fit_is_a_no(cli: Cli, digits: Path, tmp_path: Path) -> None:
    status, _, errors = build(cli, digits, tmp_path / "n", "--fps", "20000000")
    assert status == 1
    assert "doesn't fit icebreaker" in errors
    assert not (tmp_path / "n").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fps", "fast"], "--fps takes a number above 0, link or max, not 'fast'"),
        (["--fps", "0"], "the frame rate must be a number above 0"),
        (["--until", "forever"], "forever"),
        *(
            (["--fps", rate], "--fps takes a number above 0, link or max")
            for rate in ("nan", "-1", "", "1e-400")
        ),
        (["--fps", "1e400"], "the frame rate must be a number above 0, link or max, not inf"),
        (["--clock", "5000"], "MHz"),
        *((["--clock", clock], "a clock must have 0.001 to 2000 MHz") for clock in ("nan", "inf", "1e400")),
        *((["--clock", clock], "cannot be made from the board's 12 MHz") for clock in ("0", "-1", "1e300")),
        (["--until", "simulate", "--frames", str(10**30)], "random frames are too many; accepted are"),
        (["--frames", "0"], "--frames"),
        (["--verify", "nowhere.npz"], "can't read the data 'nowhere.npz'"),
    ],
)
def test_unusable_arguments(
    cli: Cli, digits: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    status, _, errors = build(cli, digits, tmp_path / "x", *arguments)
    assert status == 2
    assert message in errors
    assert not (tmp_path / "x").exists()


def test_an_unknown_board_suggests_near_names(cli: Cli, digits: Path, tmp_path: Path) -> None:
    model = digits / "digits_1w1a.onnx"
    status, _, errors = cli("build", model, "--board", "icebraker", "--out", tmp_path / "x")
    assert status == 2
    assert "did you mean icebreaker" in errors


def test_a_faulty_profile_names_the_field(cli: Cli, digits: Path, tmp_path: Path) -> None:
    profile = tmp_path / "mine.toml"
    source = Path(__file__).parents[2] / "boards" / "bnngen_boards" / "icebreaker.toml"
    profile.write_text(source.read_text().replace("lut = 5280", 'lut = "many"'))
    status, _, errors = cli("build", digits / "digits_1w1a.onnx", "--board", profile, "--out", tmp_path / "x")
    assert status == 2
    assert "mine.toml" in errors
    assert "lut" in errors


def test_an_output_folder_that_is_a_file(cli: Cli, digits: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    status, _, errors = build(cli, digits, tmp_path / "file" / "out", "--until", "verilog")
    assert status == 2
    assert "can't write to the folder" in errors
    assert (tmp_path / "file").read_text() == ""


def test_a_missing_tool_says_how_to_get_it(
    cli: Cli, digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YOSYS", "/nowhere/yosys")
    status, _, errors = build(cli, digits, tmp_path / "t", "--until", "synth")
    assert status == 3
    assert "yosys" in errors
    report = json.loads((tmp_path / "t" / "report.json").read_text())
    assert (tmp_path / "t" / "rtl" / "bnn_accelerator.v").is_file()
    assert report["synthesis"] is None
    assert report["warnings"][0].startswith("step 'synth' failed")


def test_a_bitstream_that_the_board_cannot_have(cli: Cli, digits: Path, tmp_path: Path) -> None:
    arguments = ("build", digits / "digits_1w1a.onnx", "--board", "pynq_z1", "--out", tmp_path / "x")
    status, _, errors = cli(*arguments, "--until", "bitstream")
    assert status == 2
    assert "no open place and route for family xc7 comes with pip" in errors
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(("options", "cache"), [([], True), (["--no-cache"], False)])
def test_no_cache_reaches_the_build(
    cli: Cli,
    digits: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    cache: bool,
) -> None:
    asked = {}

    def record(design: object, out: Path, **kwargs: object) -> None:
        asked.update(kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr("bnngen.design.Design.build", record)
    assert build(cli, digits, tmp_path / "x", *options)[0] == 130
    assert (asked["cache"], asked["until"]) == (cache, None)


def heed_interrupts() -> None:
    """A test run in the background ignores SIGINT, and its children would inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_ends_everything_and_leaves_no_mess(digits: Path, tmp_path: Path) -> None:
    """A real signal to a real process, in the middle of synthesis."""
    out = tmp_path / "out"
    command = [
        sys.executable,
        "-c",
        "from bnngen.cli import main; main()",
        "build",
        str(digits / "digits_1w1a.onnx"),
    ]
    command += ["--board", "icebreaker", "--fps", "50000", "--out", str(out)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    )
    while not list(out.glob("synth/.bnngen-work-*/yosys.log")):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    left = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    rtl = {"rtl/bnn_accelerator.v", "rtl/interface.json", *(f"host/{name}" for name in HOST_FILES)}
    reports = {"report.json", "report.schema.json", "report.html"}
    assert left - {"synth/yosys.log"} == {".bnngen-files.json", "model.onnx"} | reports | rtl
    assert json.loads((out / "report.json").read_text())["warnings"] == ["step 'synth' failed: interrupted"]


def test_an_interrupt_keeps_the_steps_before_it(
    cli: Cli, digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bnngen.toolflow.pipeline.synthesize", interrupted)
    status, _, errors = build(cli, digits, tmp_path / "i", "--until", "synth")
    assert status == 130
    assert "interrupted" in errors
    assert (tmp_path / "i" / "rtl" / "bnn_accelerator.v").is_file()
    assert json.loads((tmp_path / "i" / "report.json").read_text())["warnings"] == [
        "step 'synth' failed: interrupted"
    ]


def test_an_import_that_is_wrong_ends_the_build(
    cli: Cli, digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Golden and Verilog would agree, for both have it from the importer."""
    monkeypatch.setattr("bnngen.frontend.nodes.elementwise.square_root", lambda values: values)
    out = tmp_path / "x"
    more = ("--verify", digits / "digits_test.npz", "--until", "verilog")
    status, _, errors = build(cli, digits, out, *more)
    assert status == 1
    assert "gives other results than the integers" in errors
    assert not (out / "rtl").exists()
    report = json.loads((out / "report.json").read_text())
    assert report["model"]["import_check"]["differing"] > 0
    assert any("import check" in warning for warning in report["warnings"])


def test_the_end_says_what_to_do_next(cli: Cli, digits: Path, tmp_path: Path) -> None:
    """With the data of --verify, where there is something to ask."""
    out, data = tmp_path / "my build", digits / "digits_test.npz"
    more = ("--fps", 1000, "--verify", data, "--frames", 2, "--until")
    report = f"  see the report      bnngen report '{out}' --open"
    ask = f"  ask its simulation  bnngen run '{out}' {shlex.quote(str(data))} --virtual"
    for step, said in (
        ("verilog", ["next:", ask, report]),
        ("estimate", ["next:", report.replace(" " * 6, "  ")]),
    ):
        status, printed, _ = build(cli, digits, out, *more, step)
        assert status == 0
        assert printed[printed.index("next:") :].splitlines() == said


def test_both_rates_are_said(cli: Cli, digits: Path, tmp_path: Path) -> None:
    """With a hint where they are far apart."""
    goal = ["build", digits / "digits_1w1a.onnx", "--board", "icebreaker", "--until", "estimate"]
    status, printed, _ = cli(*goal, "--out", tmp_path / "fast")
    assert status == 0
    assert "far less: --fps link is enough for it" in re.sub(r"[│\s]+", " ", printed)
    status, printed, _ = cli(*goal, "--fps", "link", "--out", tmp_path / "link")
    assert status == 0
    assert "serial line" in printed
    assert "far less" not in printed
    schedule = json.loads((tmp_path / "link" / "report.json").read_text())["schedule"]
    assert schedule["link_fps"] <= schedule["fps"] < 4 * schedule["link_fps"]
    assert "frames a second over the serial line" in (tmp_path / "link" / "report.html").read_text()
