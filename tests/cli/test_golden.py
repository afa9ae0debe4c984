"""``bnngen golden``, ``inspect`` and ``report``, and what happens with broken input."""

import json
from pathlib import Path

import numpy as np
import pytest
from support.command_line import Cli


def test_golden_counts_what_is_correct(cli: Cli, digits: Path, tmp_path: Path) -> None:
    data, out = digits / "digits_test.npz", tmp_path / "y.npz"
    status, output, _ = cli("golden", digits / "digits_1w1a.onnx", data, "--out", out, "--json", "-")
    assert status == 0
    assert json.loads(output)["correct"] == 342
    with np.load(out) as y, np.load(data) as d:
        assert y["y_int"].dtype == np.int64
        assert y["y"].dtype == np.float64
        assert int((y["class"] == d["y"]).sum()) == 342


def test_golden_is_compared_with_the_file_itself(cli: Cli, digits: Path) -> None:
    arguments = ("golden", digits / "digits_1w1a.onnx", digits / "digits_test.npz", "--check-import")
    status, output, _ = cli(*arguments, "--json", "-")
    assert status == 0
    wanted = {"frames": 360, "differing": 0, "undecided": 0, "layer": None}
    assert json.loads(output)["import_check"] == wanted
    status, output, _ = cli(*arguments, "--frames", 3)
    assert "3 frames evaluated from the file itself in double precision: no difference" in output


def test_golden_says_where_the_import_is_wrong(
    cli: Cli, digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bnngen.frontend.nodes.elementwise.square_root", lambda values: values)
    arguments = (digits / "digits_1w1a.onnx", digits / "digits_test.npz", "--check-import")
    status, output, errors = cli("golden", *arguments)
    assert status == 1
    assert "frames evaluated from the file itself" in output
    assert "gives other results than the integers" in errors
    assert "layer '/sign_0/act_quant/export_handler/BipolarQuant'" in errors.replace("\n", "")


def test_the_import_is_not_compared_on_codes(cli: Cli, digits: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "codes.npz", codes=np.ones((2, 64), np.int8))
    status, _, errors = cli("golden", digits / "digits_1w1a.onnx", tmp_path / "codes.npz", "--check-import")
    assert status == 2
    assert "--check-import needs real inputs x" in errors


def test_a_person_s_attention_is_asked_for(cli: Cli, digits: Path, tmp_path: Path) -> None:
    """Once on standard error, and in the figures; what is in order is not mentioned."""
    with np.load(digits / "digits_test.npz") as data:
        x, y = data["x"], data["y"]
    np.savez(tmp_path / "d.npz", x=x, y=np.where(y == 3, 10, y))
    status, output, errors = cli("golden", digits / "digits_1w1a.onnx", tmp_path / "d.npz", "--json", "-")
    assert status == 0
    found = json.loads(output)["warnings"]
    assert [text.split(" ", 3)[3].split(";")[0] for text in found] == [
        "labels are no class of the network, which has 10 outputs",
        "360 has label 3, though the network has an output for each class",
    ]
    assert [line for line in errors.splitlines() if "warning:" in line] == [
        f"warning: {text}" for text in found
    ]
    status, output, errors = cli(
        "golden", digits / "digits_1w1a.onnx", digits / "digits_test.npz", "--json", "-"
    )
    assert json.loads(output)["warnings"] == []
    assert "warning" not in errors


def test_inspect_adds_up(cli: Cli, digits: Path, tmp_path: Path) -> None:
    status, output, _ = cli("inspect", digits / "digits_1w1a.onnx", "--json", tmp_path / "i.json")
    assert status == 0
    assert "bipolar" in output
    summary = json.loads((tmp_path / "i.json").read_text())
    assert summary["total"]["weight_bits"] == sum(layer["weight_bits"] for layer in summary["layers"])
    assert summary["total"]["float32_bits"] == 32 * (64 * 256 + 256 * 64 + 64 * 10)
    assert "weights: 4.2 kB; in float32 133.6 kB, 32 times as much" in output


def test_report_is_one_page(cli: Cli, built: Path) -> None:
    status, _, _ = cli("report", built)
    page = (built / "report.html").read_text()
    assert status == 0
    assert page.startswith("<!doctype html>")
    assert "frames a second" in page
    assert "http" not in page


def test_a_report_edited_by_hand(cli: Cli, built: Path, tmp_path: Path) -> None:
    text = (built / "report.json").read_text()
    (tmp_path / "report.json").write_text(text.replace('"warnings": []', '"warnings": null'))
    status, output, errors = cli("report", tmp_path)
    assert (status, output) == (2, "")
    assert "warnings is None; accepted is a valid list; build again" in " ".join(errors.split())
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "is not a whole ONNX file: it is empty"),
        (b"this is no model\n", "is not a whole ONNX file: it holds plain text"),
        (None, "is not a whole ONNX file: its 9000 bytes are truncated or damaged"),
    ],
)
def test_broken_models(cli: Cli, digits: Path, tmp_path: Path, contents: bytes | None, message: str) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes((digits / "digits_1w1a.onnx").read_bytes()[:9000] if contents is None else contents)
    status, output, errors = cli("golden", path, digits / "digits_test.npz")
    assert (status, output) == (2, "")
    assert message in errors
    assert "Traceback" not in errors


def test_a_full_disk_is_said(cli: Cli, digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    out = tmp_path / "y.npz"
    status, _, errors = cli("golden", digits / "digits_1w1a.onnx", digits / "digits_test.npz", "--out", out)
    assert status == 2
    assert "No space left on device" in errors
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_command(cli: Cli) -> None:
    assert cli("goldn")[0] == 2
