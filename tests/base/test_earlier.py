"""Folders that earlier versions left, without a list, go on: what is documented there is bnngen's."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from bnngen.base.earlier import earlier_files
from bnngen.base.errors import UsageError
from bnngen.base.owned import LIST, owned, owned_files

PICKLE = b"\x80\x02}q\x00(X\x0d\x00\x00\x00best_accuracyX\x09\x00\x00\x00objectiveX\x08\x00\x00\x00schedule"


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")


def put_checkpoint(folder: Path, pickle: bytes = PICKLE) -> None:
    """A file as torch.save writes it, of a dictionary with these keys."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "checkpoint.pt", "w") as file:
        file.writestr("archive/data.pkl", pickle)


def test_a_build(tmp_path: Path) -> None:
    put(tmp_path, "model.onnx", "rtl/bnn_accelerator.v", "rtl/my_top.v", "pnr/top.bin", "pnr/notes.txt")
    (tmp_path / "report.json").write_text(json.dumps({"bnngen": "0.1.0", "model": {}}))
    ours = {"model.onnx", "report.json", "rtl/bnn_accelerator.v", "pnr/top.bin"}
    assert owned_files(tmp_path) == ours
    with owned(tmp_path, ["model.onnx", "report.json"], ["report.json", "rtl", "pnr"]):
        pass
    assert {p.name for p in tmp_path.rglob("*") if p.is_file()} == {
        "model.onnx",
        "my_top.v",
        "notes.txt",
        LIST,
    }
    assert owned_files(tmp_path) == {"model.onnx"}


@pytest.mark.parametrize("report", [None, "", "{}", "[]", '"bnngen"', "[" * 100_000])
def test_what_is_no_build(tmp_path: Path, report: str | None) -> None:
    put(tmp_path, "model.onnx", "rtl/bnn_accelerator.v")
    if report is not None:
        (tmp_path / "report.json").write_text(report)
    assert owned_files(tmp_path) == set()
    with pytest.raises(UsageError, match=r"needs, model\.onnx"), owned(tmp_path, ["model.onnx"]):
        pass


def test_a_training_run(tmp_path: Path) -> None:
    put(tmp_path, "model.onnx", "test.npz", "recipe.toml", "my_notes.txt")
    assert earlier_files(tmp_path) == set()
    put_checkpoint(tmp_path)
    assert owned_files(tmp_path) == {"model.onnx", "test.npz", "recipe.toml", "checkpoint.pt"}


@pytest.mark.parametrize("pickle", [b"\x80\x02}q\x00.", PICKLE.replace(b"best_accuracy", b"test_accuracy")])
def test_a_checkpoint_of_somebody_else(tmp_path: Path, pickle: bytes) -> None:
    put(tmp_path, "model.onnx")
    put_checkpoint(tmp_path, pickle)
    assert owned_files(tmp_path) == set()


def test_a_search_with_its_students(tmp_path: Path) -> None:
    put(tmp_path, "model.onnx", "compress.html", "curve.svg", "students/1_3_epochs/student.toml")
    put(tmp_path, "students/1_3_epochs/validation.npz", "students/2_3_epochs/student.toml", "students/x.txt")
    (tmp_path / "candidates.json").write_text(json.dumps({"board": "", "candidates": [], "winner": {}}))
    put_checkpoint(tmp_path / "students" / "1_3_epochs")
    names = ("checkpoint.pt", "student.toml", "validation.npz")
    ours = {"model.onnx", "compress.html", "candidates.json"}
    assert owned_files(tmp_path) == {*ours, *(f"students/1_3_epochs/{name}" for name in names)}


def test_a_link_to_students_elsewhere(tmp_path: Path) -> None:
    put_checkpoint(tmp_path / "elsewhere" / "1_3_epochs")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "students").symlink_to(tmp_path / "elsewhere")
    assert owned_files(tmp_path / "out") == set()


def test_a_folder_with_a_list_goes_by_the_list(tmp_path: Path) -> None:
    put(tmp_path, "model.onnx")
    (tmp_path / "report.json").write_text('{"bnngen": "0.1.0"}')
    (tmp_path / LIST).write_text('{"files": ["report.json"]}')
    assert owned_files(tmp_path) == {"report.json"}
