"""``bnngen simulate``: exact with and without stalls, and honest about what differs."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.command_line import Cli


@pytest.mark.parametrize("stall", [0.0, 0.3])
def test_every_output_is_golden(cli: Cli, built: Path, digits: Path, tmp_path: Path, stall: float) -> None:
    arguments = ("--stall", stall, "--seed", 7, "--out", tmp_path / "y.npz", "--json", tmp_path / "y.json")
    status, output, _ = cli("simulate", built, digits / "digits_test.npz", *arguments)
    assert status == 0
    assert "360 frames, 0 mismatches" in output
    assert "342 of 360 correct" in output
    figures = json.loads((tmp_path / "y.json").read_text())
    assert (figures["cycles_per_frame"] is None) == (stall > 0)
    golden = tmp_path / "golden.npz"
    assert cli("golden", digits / "digits_1w1a.onnx", digits / "digits_test.npz", "--out", golden)[0] == 0
    with np.load(tmp_path / "y.npz") as y, np.load(golden) as g:
        assert set(y.files) == {"y_int", "y", "class"}
        assert all(np.array_equal(y[name], g[name]) for name in y.files)


def test_a_difference_is_a_no(cli: Cli, built: Path, digits: Path, tmp_path: Path) -> None:
    """Memories in which the lowest bit of every word is wrong: the simulation must not agree any more."""
    wrong = tmp_path / "wrong"
    shutil.copytree(built, wrong)
    source = wrong / "rtl" / "bnn_accelerator.v"
    words = re.compile(r"(\[\d+\] = \d+'h[0-9a-f]*)([0-9a-f]);")
    text, count = words.subn(lambda word: f"{word[1]}{int(word[2], 16) ^ 1:x};", source.read_text())
    assert count
    source.write_text(text)
    status, output, errors = cli("simulate", wrong, digits / "digits_test.npz")
    assert status == 1
    assert ", 0 mismatches" not in output
    assert "the answer is no" in errors


def test_frames_limits_the_run(cli: Cli, built: Path, digits: Path) -> None:
    status, output, _ = cli("simulate", built, digits / "digits_test.npz", "--frames", 10)
    assert status == 0
    assert "10 frames, 0 mismatches" in output


def test_a_folder_that_is_no_build(cli: Cli, digits: Path, tmp_path: Path) -> None:
    status, _, errors = cli("simulate", tmp_path, digits / "digits_test.npz")
    assert status == 2
    assert "is not a build directory" in errors


@pytest.mark.parametrize("stall", ["nan", "1", "-0.1", "inf", "1e400"])
def test_a_stall_is_a_probability(cli: Cli, built: Path, digits: Path, stall: str) -> None:
    status, _, errors = cli("simulate", built, digits / "digits_test.npz", "--stall", stall)
    assert (status, "--stall" in errors) == (2, True)


@pytest.mark.parametrize("seed", [-1, 10**30])
def test_any_seed_will_do(cli: Cli, built: Path, digits: Path, seed: int) -> None:
    arguments = ("--frames", 3, "--stall", 0.2, "--seed", seed)
    assert cli("simulate", built, digits / "digits_test.npz", *arguments)[0] == 0


def edited(built: Path, out: Path, name: str, *changes: tuple[str, str]) -> Path:
    """A copy of a build folder in which a file has other text; without changes it is gone."""
    shutil.copytree(built, out)
    path = out / name
    text = path.read_text()
    path.unlink()
    for old, new in changes:
        assert old in text
        path.write_text(text := text.replace(old, new, 1))
    return out


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "report.json",
            '"output": "file"',
            '"output": "scores"',
            "model.output is 'scores'; accepted is 'file'",
        ),
        (
            "report.json",
            '"cycles_per_frame": ',
            '"cycles_per_frames": ',
            "schedule.cycles_per_frame is missing",
        ),
        ("report.json", '"layers": [', '"layers": [[', "is damaged: it is not JSON"),
        (
            "rtl/interface.json",
            '"elements_per_frame": 64',
            '"elements_per_frame": 63',
            "input.elements_per_frame is 63, that of the kept model.onnx 64; build again",
        ),
        (
            "rtl/interface.json",
            '"elements_per_frame": 10',
            '"elements_per_frame": 11',
            "output.elements_per_frame is 11, that of the kept model.onnx 10; build again",
        ),
        (
            "rtl/interface.json",
            '"signed": true',
            '"signed": false',
            "output.signed is False, that of the kept",
        ),
        ("rtl/interface.json", '"order": "NHWC"', '"order": null', "order must be one of NHWC"),
        ("rtl/interface.json", '"input"', '"inputs"', "key 'input' is missing; build again"),
        (
            "rtl/interface.json",
            "{",
            '{"class_index": false,',
            "it has the key 'class_index' twice; build again",
        ),
    ],
)
def test_an_edited_folder(
    cli: Cli, built: Path, digits: Path, tmp_path: Path, name: str, old: str, new: str, message: str
) -> None:
    folder = edited(built, tmp_path / "edited", name, (old, new))
    status, output, errors = cli("simulate", folder, digits / "digits_test.npz")
    assert (status, output) == (2, "")
    assert message in " ".join(errors.split())
    assert "build again" in " ".join(errors.split())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("report.json", "is not a build directory"),
        ("rtl/interface.json", "holds no Verilog: build it with 'bnngen build' up to the step 'verilog'"),
    ],
)
def test_a_folder_with_a_file_less(
    cli: Cli, built: Path, digits: Path, tmp_path: Path, name: str, message: str
) -> None:
    folder = edited(built, tmp_path / "edited", name)
    status, _, errors = cli("simulate", folder, digits / "digits_test.npz")
    assert (status, message in " ".join(errors.split())) == (2, True)


def test_another_kept_model(cli: Cli, built: Path, digits: Path, tmp_path: Path, shared: Path) -> None:
    folder = tmp_path / "edited"
    shutil.copytree(built, folder)
    shutil.copyfile(shared / "cases" / "faults" / "data_bip.onnx", folder / "model.onnx")
    status, _, errors = cli("simulate", folder, digits / "digits_test.npz")
    assert status == 2
    assert "input.elements_per_frame is 64, that of the kept model.onnx 6; build again" in " ".join(
        errors.split()
    )


def test_two_netlists_at_once(cli: Cli, built: Path, digits: Path) -> None:
    status, _, errors = cli("simulate", built, digits / "digits_test.npz", "--netlist", "--routed")
    assert status == 2
    assert "choose one" in errors


def test_what_was_not_routed(cli: Cli, built: Path, digits: Path) -> None:
    status, _, errors = cli("simulate", built, digits / "digits_test.npz", "--routed")
    assert status == 2
    assert "run 'bnngen build' up to the step 'bitstream' first" in errors
