"""``bnngen compress``: exit statuses and messages; searches themselves are tested in tests/compress."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.command_line import Cli

from bnngen.cli import run

RECIPE = """\
[data]
name = "digits"
input = "binarize"
[model]
architecture = "mlp"
widths = [64]
[train]
epochs = 1
"""


def test_missing_packages(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bnngen.train.extra.find_spec", lambda name: None)
    status, _, err = cli("compress", tmp_path, "--board", "icebreaker", "--out", tmp_path / "out")
    assert status == 3
    assert "pip install 'bnngen[train,search]'" in err


@pytest.mark.train
def test_a_model_file_needs_a_recipe(cli: Cli, digits: Path, tmp_path: Path) -> None:
    model = digits / "digits_1w1a.onnx"
    status, _, err = cli("compress", model, "--board", "icebreaker", "--out", tmp_path / "out")
    assert status == 2
    assert "needs a --recipe" in err


@pytest.mark.train
def test_a_model_file_can_not_be_pruned(cli: Cli, digits: Path, tmp_path: Path) -> None:
    recipe, model = tmp_path / "recipe.toml", digits / "digits_1w1a.onnx"
    recipe.write_text(RECIPE)
    options = ("--recipe", recipe, "--board", "icebreaker", "--start", "pruned", "--out", tmp_path / "out")
    status, _, err = cli("compress", model, *options)
    assert status == 2
    assert "it is not the folder of a finished run of bnngen train; take --start scratch" in " ".join(
        err.split()
    )


@pytest.mark.train
def test_students_are_the_run_pruned(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text(RECIPE)
    assert cli("train", tmp_path / "recipe.toml", "--out", tmp_path / "run")[0] == 0
    options = ("--board", "icebreaker", "--fps", 1000, "--trials", 1, "--epochs", 1, "--finalists", 1)
    status, printed, err = cli(
        "compress", tmp_path / "run", *options, "--start", "pruned", "--out", tmp_path / "out"
    )
    assert status == 0, err
    assert " pruned " in printed


@pytest.mark.train
def test_the_rate_of_the_serial_line(cli: Cli, tmp_path: Path) -> None:
    """Both rates are said, with a hint where they are far apart; asked for, the line's is all it takes."""
    (tmp_path / "recipe.toml").write_text(RECIPE)
    assert cli("train", tmp_path / "recipe.toml", "--out", tmp_path / "run")[0] == 0
    goal = ("compress", tmp_path / "run", "--trials", 1, "--epochs", 1, "--finalists", 1)
    told, winners = {}, {}
    for fps in (1_000_000, "link"):
        out = tmp_path / str(fps)
        status, printed, err = cli(*goal, "--board", "icebreaker", "--fps", fps, "--out", out)
        assert status == 0, err
        told[fps] = " ".join(printed.split())
        winners[fps] = json.loads((out / "candidates.json").read_text())["winner"]
        assert f"the serial line: {winners[fps]['link_fps']:,.0f} frames/s" in told[fps]
    assert told[1_000_000].endswith("frames/s, far less: --fps link is enough for it")
    assert "far less" not in told["link"]
    assert winners["link"]["link_fps"] <= winners["link"]["fps"] < winners[1_000_000]["fps"]
    assert winners["link"]["lut"] < winners[1_000_000]["lut"]
    out = tmp_path / "none"
    status, _, err = cli(*goal, "--board", "zc706", "--fps", "link", "--out", out)
    assert status == 2
    assert "board 'zc706' has no serial line whose rate could be asked for" in " ".join(err.split())
    assert not out.exists()


@pytest.mark.train
def test_bits_of_activations(cli: Cli, tmp_path: Path) -> None:
    status, _, err = cli(
        "compress", tmp_path, "--board", "icebreaker", "--act-bits", "1,9", "--out", tmp_path
    )
    assert status == 2
    assert "whole numbers from 1 to 8" in err


@pytest.mark.train
def test_a_model_file_teaches(cli: Cli, digits: Path, tmp_path: Path) -> None:
    """The digits network, whose inputs are the same 64 pixels, divided by 16."""
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE)
    options = ("--board", "icebreaker", "--fps", 1000, "--trials", 1, "--epochs", 1, "--finalists", 1)
    model, out = digits / "digits_1w1a.onnx", tmp_path / "out"
    status, printed, err = cli("compress", model, "--recipe", recipe, *options, "--out", out)
    assert status == 0, err
    assert "the golden model gets" in printed
    assert 'teacher = "' in (out / "recipe.toml").read_text()


@pytest.mark.train
def test_workers_share_a_storage(cli: Cli, tmp_path: Path) -> None:
    """The second one finds all done."""
    (tmp_path / "recipe.toml").write_text(RECIPE)
    assert cli("train", tmp_path / "recipe.toml", "--out", tmp_path / "run")[0] == 0
    options = ("--board", "icebreaker", "--fps", 1000, "--trials", 1, "--epochs", 1, "--finalists", 1)
    shared = ("--storage", f"sqlite:///{tmp_path}/shared.db")
    heard = []
    for name in ("one", "two"):
        status, _, err = cli("compress", tmp_path / "run", *options, *shared, "--out", tmp_path / name)
        assert status == 0, err
        heard.append("student 1 of 1 learns" in err)
    assert heard == [True, False]
    models = [(tmp_path / name / "model.onnx").read_bytes() for name in ("one", "two")]
    assert models[0] == models[1]


@pytest.mark.slow
@pytest.mark.train
def test_a_worker_that_is_killed_is_replaced(cli: Cli, tmp_path: Path) -> None:
    """By another one that has begun meanwhile, and in its own folder, a minute later; the result is that of one
    worker alone."""
    import optuna

    from bnngen.study.storage import opened

    (tmp_path / "recipe.toml").write_text(RECIPE)
    assert cli("train", tmp_path / "recipe.toml", "--out", tmp_path / "run")[0] == 0
    goal = (
        "compress",
        tmp_path / "run",
        "--board",
        "icebreaker",
        "--fps",
        1000,
        "--trials",
        2,
        "--epochs",
        40,
    )
    shared = ("--finalists", 1, "--storage", tmp_path / "shared.log")
    program = [sys.executable, "-c", "from bnngen.cli import main; main()"]
    victim, other = (
        subprocess.Popen(
            [*program, *map(str, (*goal, *shared, "--out", tmp_path / name))],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("victim", "other")
    )
    assert victim.stderr is not None
    assert "learns" in victim.stderr.readline()
    victim.kill()
    victim.communicate()
    _, err = other.communicate(timeout=500)
    assert other.returncode == 0, err
    assert all(f"student {number} of 2 learns" in err for number in (1, 2))
    with opened(str(tmp_path / "shared.log")) as store:
        for name in optuna.get_all_study_names(store.storage):
            trials = optuna.load_study(study_name=name, storage=store.storage).trials
            assert {t.state.name for t in trials} <= {"COMPLETE", "FAIL"}
    assert cli(*goal, "--finalists", 1, "--out", tmp_path / "alone")[0] == 0
    models = [(tmp_path / name / "model.onnx").read_bytes() for name in ("other", "alone")]
    assert models[0] == models[1]


@pytest.mark.train
@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    ("storage", "status", "message"),
    [
        ("postgres://ali:sesame@host/db", 2, "unknown storage 'postgres://ali:***@host/db': accepted is"),
        ("grpc://host:13000", 3, "needs a package that is not installed: pip install grpcio"),
        (
            "sqlite:///none/shared.db?password=sesame",
            2,
            "can't open the storage 'sqlite:///none/shared.db?pass",
        ),
        ("a://b:sesame@c\x1b", 2, "'a://b:***@c\\x1b' holds a control character"),
    ],
)
def test_storages_that_can_not_be_used(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    storage: str,
    status: int,
    message: str,
    debug: bool,
) -> None:
    """The password stands nowhere, in what --debug shows neither."""
    monkeypatch.setattr("bnngen.study.storage.find_spec", lambda name: None)
    monkeypatch.setattr("bnngen.study.storage.PAUSES", ())
    recipe, out = tmp_path / "recipe.toml", tmp_path / "out"
    recipe.write_text(RECIPE)
    options = ["--recipe", str(recipe), "--board", "icebreaker", "--storage", storage, "--out", str(out)]
    assert run(["compress", str(recipe), *options], debug) == status
    err = capsys.readouterr().err
    assert message in " ".join(err.split())
    assert "sesame" not in err
    assert ("Traceback" in err) == debug
    assert not out.exists()


def test_a_storage_in_the_wrong_place(cli: Cli) -> None:
    status, _, err = cli(
        "compress", "m.onnx", "postgresql://ali:sesame@host/db", "--board", "b", "--out", "o"
    )
    assert status == 2
    assert "sesame" not in err
    assert "postgresql://ali:***@host/db" in err
