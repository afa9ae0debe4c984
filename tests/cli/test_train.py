"""``bnngen train``: exit statuses and messages; runs themselves are tested in tests/train."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from support.command_line import Cli

RECIPE = """\
[data]
name = "digits"
input = "binarize"
[model]
architecture = "mlp"
widths = [16]
[train]
epochs = 2
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE)
    return path


def test_a_mistake_points_at_the_line(cli: Cli, recipe: Path, tmp_path: Path) -> None:
    recipe.write_text(RECIPE.replace("epochs", "epoch"))
    status, out, err = cli("train", recipe, "--out", tmp_path / "out")
    assert (status, out) == (2, "")
    message = " ".join(err.split())
    assert "recipe.toml:8: train.epoch: unknown field; did you mean epochs" in message
    assert "recipe.toml:7: train.epochs: missing" in message
    assert not (tmp_path / "out").exists()


def test_missing_packages(cli: Cli, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bnngen.train.extra.find_spec", lambda name: None)
    status, _, err = cli("train", recipe, "--out", tmp_path / "out")
    assert status == 3
    assert "pip install 'bnngen[train]'" in err


@pytest.mark.train
def test_a_run(cli: Cli, recipe: Path, tmp_path: Path) -> None:
    status, out, err = cli("train", recipe, "--out", tmp_path / "out")
    assert status == 0
    assert "test samples correct" in out
    assert "epoch    2/2" in err
    status, out, _ = cli("train", recipe, "--out", tmp_path / "out", "--json", "-")
    assert json.loads(out)["epochs"] == 2


@pytest.mark.train
def test_ctrl_c_exits_with_130(
    cli: Cli, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bnngen.train.session.Session.step", interrupted)
    status, _, err = cli("train", recipe, "--out", tmp_path / "out")
    assert status == 130
    assert "interrupted" in err


@pytest.mark.train
def test_data_that_is_not_there(cli: Cli, recipe: Path, tmp_path: Path) -> None:
    recipe.write_text(RECIPE.replace('"digits"', '"npz"\npath = "none.npz"'))
    status, _, err = cli("train", recipe, "--out", tmp_path / "out")
    assert status == 2
    assert "can't read the data 'none.npz'" in err


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Forty rows of two columns that tell two states apart, behind a number for each row."""
    random = np.random.default_rng(0)
    rows = [(k, 5 * (k % 2) + random.normal(), "warm" if k % 3 else "cold", "ab"[k % 2]) for k in range(60)]
    path = tmp_path / "fan.csv"
    path.write_text("\n".join(["id,load,room,state", *(f"{k},{x:.3f},{w},{s}" for k, x, w, s in rows)]))
    return path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fan.csv"], "a table needs --board, which the network has to fit: see bnngen boards"),
        (
            ["r.toml", "--board", "icebreaker"],
            "--board is for tables (.csv, .tsv, .txt); a recipe says it in its fields",
        ),
        (["r.toml", "--missing", "drop"], "--missing is for tables"),
    ],
)
def test_options_of_tables(cli: Cli, tmp_path: Path, arguments: list[str], message: str) -> None:
    status, _, err = cli("train", *arguments, "--out", tmp_path / "out")
    assert status == 2
    assert message in " ".join(err.replace("│", " ").split())


@pytest.mark.train
def test_a_table(cli: Cli, table: Path, tmp_path: Path) -> None:
    arguments = ("train", table, "--board", "icebreaker", "--out", tmp_path / "out")
    status, out, err = cli(*arguments)
    assert status == 0, err
    told = " ".join(err.split())
    assert "60 rows, 4 columns, commas between, with a header line" in told
    assert "label state: a (30), b (30)" in told
    assert "warning: the column 'id' is left out: it numbers the rows (--keep id" in told
    assert "2 of 3 columns become" in told
    assert told.index("columns become") < told.index("fits icebreaker") < told.index("epoch")
    assert "recall" in out
    assert f"next: bnngen build {tmp_path}/out/model.onnx --board icebreaker --verify" in out
    assert (tmp_path / "out" / "recipe.toml").read_text().startswith("# Made by bnngen train for icebreaker")
    status, out, _ = cli(*arguments, "--json", "-")
    assert (status, json.loads(out)["table"]["rows"]) == (0, 60)
    status, _, err = cli(*arguments, "--drop", "room")
    assert status == 2
    assert "is another recipe than the one for this table and board" in " ".join(err.split())


@pytest.mark.train
def test_the_rate_of_the_serial_line(cli: Cli, table: Path, tmp_path: Path) -> None:
    """Both rates are said, with a hint where they are far apart, and the build is asked for the same one."""
    goal = ("train", table, "--board", "icebreaker")
    status, _, err = cli(*goal, "--out", tmp_path / "fast")
    assert status == 0, err
    line = re.search(r"the serial line: ([0-9,]+) frames/s, far less: --fps link is enough", err)
    assert line is not None
    out = tmp_path / "link"
    status, printed, err = cli(*goal, "--fps", "link", "--out", out)
    assert status == 0, err
    assert re.search(r"the serial line: [0-9,]+ frames/s\n", err)
    first = (out / "recipe.toml").read_text().splitlines()[0]
    assert first.startswith("# Made by bnngen train for icebreaker at --fps link.")
    assert "--board icebreaker --fps link --verify" in printed


@pytest.mark.train
@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (["--board", "zc706", "--fps", "link"], 2, "board 'zc706' has no serial line"),
        (["--label", "stat"], 2, "--label: no column 'stat'; did you mean state?"),
        (["--drop", "rom"], 2, "--drop: no column 'rom'; did you mean room?"),
        (["--keep", "rom"], 2, "--keep: no column 'rom'; did you mean room?"),
        (["--words", "room", "--words", "rom"], 2, "--words: no column 'rom'; did you mean room?"),
        (["--label", "load"], 2, "name the column of the labels (--label NAME"),
        (["--board", "icebraker"], 2, "did you mean icebreaker"),
        (["--fps", "100000000"], 1, "no network for"),
    ],
)
def test_tables_that_can_not_be_learned(
    cli: Cli, table: Path, tmp_path: Path, options: list[str], status: int, message: str
) -> None:
    board = [] if "--board" in options else ["--board", "icebreaker"]
    found, _, err = cli("train", table, *board, *options, "--out", tmp_path / "out")
    assert found == status
    assert message in " ".join(err.split())
    assert not (tmp_path / "out").exists()
