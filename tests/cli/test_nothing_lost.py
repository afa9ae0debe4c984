"""A user's own files survive each command, in the output folder and everywhere else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from support.command_line import Cli

from bnngen.base.owned import LIST
from bnngen.cli import run

Put = Callable[..., Path]

RECIPE = """\
[data]
name = "digits"
input = "binarize"
[model]
architecture = "mlp"
widths = [8]
[train]
epochs = 1
"""
FLOAT = RECIPE.replace("widths = [8]", "widths = [8]\nweight_bits = 32\nact_bits = 32\ninput_bits = 32")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in ``folder``."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder with the user's own files, under names that commands write to, and beside them."""
    folder = tmp_path / "mine"
    for name in ("rtl/my_top.v", "report.html", "model.onnx", "notes.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"the user's {name}")
    return folder


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "a_recipe.toml"
    path.write_text(RECIPE)
    return path


@pytest.fixture(scope="session")
def float_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of bnngen train whose network is in float."""
    folder = tmp_path_factory.mktemp("float")
    (folder / "r.toml").write_text(FLOAT)
    assert run(["train", str(folder / "r.toml"), "--out", str(folder / "run")]) == 0
    return folder / "run"


def build(cli: Cli, digits: Path, out: Path, until: str = "verilog") -> tuple[int, str, str]:
    arguments = ("--board", "icebreaker", "--fps", 20000, "--until", until, "--out", out)
    return cli("build", digits / "digits_1w1a.onnx", *arguments)


class TestBuild:
    @pytest.mark.parametrize("until", ["estimate", "verilog", "bitstream"])
    def test_what_is_in_the_way_is_named(self, cli: Cli, digits: Path, mine: Path, until: str) -> None:
        before = contents(mine)
        status, output, errors = build(cli, digits, mine, until)
        assert (status, output) == (2, "")
        assert errors.splitlines()[-1] == (
            f"error: '{mine}' holds what bnngen did not write under names that it needs, model.onnx, "
            "report.html: move that away, or name another folder"
        )
        assert contents(mine) == before

    def test_what_is_beside_it_stays(self, cli: Cli, digits: Path, mine: Path) -> None:
        (mine / "model.onnx").unlink()
        (mine / "report.html").unlink()
        (mine / "rtl" / "my_weights.mem").write_text("no numbers")
        before = contents(mine)
        for until in ("simulate", "estimate"):
            assert build(cli, digits, mine, until)[0] == 0
            assert contents(mine).items() > before.items()
        assert not (mine / "rtl" / "bnn_accelerator.v").exists()

    def test_again_gives_the_same(self, cli: Cli, digits: Path, tmp_path: Path) -> None:
        assert build(cli, digits, tmp_path)[0] == 0
        before = contents(tmp_path)
        assert build(cli, digits, tmp_path)[0] == 0
        assert contents(tmp_path) == before

    def test_a_folder_of_an_earlier_version(
        self, cli: Cli, digits: Path, built: Path, tmp_path: Path
    ) -> None:
        out = tmp_path / "out"
        shutil.copytree(built, out)
        (out / LIST).unlink()
        (out / "report.schema.json").unlink()  # such versions wrote none
        shutil.rmtree(out / "host")
        (out / "rtl" / "my_top.v").write_text("module broken (")
        data = ("simulate", out, digits / "digits_test.npz", "--frames", 10)
        assert cli(*data)[0] == 0
        assert cli("report", out)[0] == 0
        assert build(cli, digits, out, "estimate")[0] == 0
        names = {LIST, "model.onnx", "report.json", "report.schema.json", "report.html", "rtl/my_top.v"}
        assert contents(out).keys() == names

    @pytest.mark.parametrize("out", ["", " "])
    def test_no_folder(
        self, cli: Cli, digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str
    ) -> None:
        """As a script's variable that is empty; Path("") is the current folder."""
        monkeypatch.chdir(tmp_path)
        status, _, errors = cli("build", digits.resolve() / "digits_1w1a.onnx", "--board", "x", "--out", out)
        assert status == 2
        assert "Invalid value for '--out': a path is missing" in errors
        assert contents(tmp_path) == {}


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "r.toml", "--out", ""),
        ("compress", "m.onnx", "--board", "icebreaker", "--out", ""),
        ("quantize", "m.onnx", "--out", ""),
        ("golden", "m.onnx", "d.npz", "--out", ""),
        ("golden", "m.onnx", "d.npz", "--json", ""),
        ("simulate", "dir", "d.npz", "--out", ""),
        ("simulate", "", "d.npz"),
        ("report", ""),
        ("inspect", ""),
    ],
)
def test_no_path_at_all(cli: Cli, arguments: tuple[str, ...]) -> None:
    status, _, errors = cli(*arguments)
    assert (status, "a path is missing" in errors) == (2, True)


class TestReport:
    def test_a_page_of_somebody_else(self, cli: Cli, built: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        shutil.copytree(built, out)
        listed = json.loads((out / LIST).read_text())
        listed["files"].remove("report.html")
        (out / LIST).write_text(json.dumps(listed))
        before = contents(out)
        status, _, errors = cli("report", out)
        assert (status, "under names that it needs, report.html: move" in errors) == (2, True)
        assert contents(out) == before

    def test_a_page_that_is_gone(self, cli: Cli, built: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        shutil.copytree(built, out)
        (out / "report.html").unlink()
        assert cli("report", out)[0] == 0
        assert (out / "report.html").read_bytes() == (built / "report.html").read_bytes()
        assert "report.html" in json.loads((out / LIST).read_text())["files"]


class TestSingleFiles:
    """Outputs that are named one by one replace what is there, but never what the command reads."""

    def refused(self, cli: Cli, folder: Path, *arguments: object) -> None:
        before = contents(folder)
        status, output, errors = cli(*arguments)
        assert (status, output) == (2, "")
        assert "would overwrite what the command reads: name another file" in errors
        assert contents(folder) == before

    def test_golden(self, cli: Cli, digits: Path, tmp_path: Path) -> None:
        model = Path(shutil.copy(digits / "digits_1w1a.onnx", tmp_path))
        data = Path(shutil.copy(digits / "digits_test.npz", tmp_path))
        (tmp_path / "link").symlink_to(data)
        for option in ("--out", "--json"):
            for output in (model, data, tmp_path / "link"):
                self.refused(cli, tmp_path, "golden", model, data, option, output)
        old = tmp_path / "y.npz"
        old.write_text("an older result")
        assert cli("golden", model, data, "--out", old)[0] == 0
        with np.load(old) as y:
            assert len(y["y"]) == 360

    def test_inspect(self, cli: Cli, digits: Path, tmp_path: Path) -> None:
        model = Path(shutil.copy(digits / "digits_1w1a.onnx", tmp_path))
        self.refused(cli, tmp_path, "inspect", model, "--json", model)

    def test_simulate(self, cli: Cli, digits: Path, built: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        shutil.copytree(built, out)
        data = digits / "digits_test.npz"
        for name in ("model.onnx", "report.json", "rtl/interface.json"):
            self.refused(cli, tmp_path, "simulate", out, data, "--json", out / name)
        (out / "figures.json").write_text("older ones of the user's")
        assert cli("simulate", out, data, "--frames", 5, "--json", out / "figures.json")[0] == 0
        assert json.loads((out / "figures.json").read_text())["frames"] == 5

    def test_boards(self, cli: Cli, tmp_path: Path) -> None:
        source = Path(__file__).parents[2] / "boards" / "bnngen_boards" / "icebreaker.toml"
        board = Path(shutil.copy(source, tmp_path))
        self.refused(cli, tmp_path, "boards", board, "--json", board)

    def test_train(self, cli: Cli, recipe: Path, tmp_path: Path) -> None:
        data = tmp_path / "data.npz"
        data.write_text("the user's")
        recipe.write_text(RECIPE.replace('"digits"', f'"npz"\npath = "{data}"'))
        for output in (recipe, data):
            self.refused(cli, tmp_path, "train", recipe, "--out", tmp_path / "out", "--json", output)


@pytest.mark.train
class TestTrain:
    def test_what_is_in_the_way_is_named(self, cli: Cli, recipe: Path, mine: Path) -> None:
        before = contents(mine)
        status, _, errors = cli("train", recipe, "--out", mine)
        assert (status, "names that it needs, model.onnx, report.html: move that away" in errors) == (2, True)
        assert contents(mine) == before

    def test_what_is_beside_it_stays_and_a_run_goes_on(self, cli: Cli, recipe: Path, mine: Path) -> None:
        (mine / "model.onnx").unlink()
        (mine / "report.html").unlink()
        before = contents(mine)
        assert cli("train", recipe, "--out", mine)[0] == 0
        whole = contents(mine)
        assert whole.items() > before.items()
        for name in (LIST, "report.html"):  # as an earlier version left it
            (mine / name).unlink()
        assert cli("train", recipe, "--out", mine)[0] == 0
        assert contents(mine) == whole

    def test_a_checkpoint_of_somebody_else(self, cli: Cli, recipe: Path, mine: Path) -> None:
        import torch

        (mine / "model.onnx").unlink()
        (mine / "report.html").unlink()
        torch.save({"weights": torch.zeros(3)}, mine / "checkpoint.pt")
        before = contents(mine)
        status, _, errors = cli("train", recipe, "--out", mine)
        assert (status, "names that it needs, checkpoint.pt: move" in errors) == (2, True)
        assert contents(mine) == before


@pytest.mark.train
class TestCompress:
    def arguments(self, model: Path, recipe: Path, out: Path) -> tuple[object, ...]:
        options = ("--board", "icebreaker", "--fps", 1000, "--trials", 1, "--epochs", 1, "--finalists", 1)
        return ("compress", model, "--recipe", recipe, *options, "--out", out)

    def test_what_is_in_the_way_is_named(self, cli: Cli, digits: Path, recipe: Path, mine: Path) -> None:
        (mine / "students" / "1_1_epochs").mkdir(parents=True)
        (mine / "students" / "1_1_epochs" / "log.jsonl").write_text("the user's")
        before = contents(mine)
        status, _, errors = cli(*self.arguments(digits / "digits_1w1a.onnx", recipe, mine))
        wanted = "names that it needs, model.onnx, students/1_1_epochs/log.jsonl: move that away"
        assert (status, wanted in errors) == (2, True)
        assert contents(mine) == before

    def test_what_is_beside_it_stays_and_a_search_goes_on(
        self, cli: Cli, digits: Path, recipe: Path, mine: Path
    ) -> None:
        (mine / "model.onnx").unlink()
        before = contents(mine)
        arguments = self.arguments(digits / "digits_1w1a.onnx", recipe, mine)
        assert cli(*arguments)[0] == 0
        whole = contents(mine)
        assert whole.items() > before.items()
        pages = (mine / "students").rglob("report.html")
        for path in [*mine.rglob(LIST), *pages]:  # as an earlier version left it
            path.unlink()
        assert cli(*arguments)[0] == 0
        assert contents(mine) == whole

    def test_json_over_an_input(self, cli: Cli, digits: Path, recipe: Path, tmp_path: Path) -> None:
        arguments = self.arguments(digits / "digits_1w1a.onnx", recipe, tmp_path / "out")
        TestSingleFiles().refused(cli, tmp_path, *arguments, "--json", recipe)


@pytest.mark.train
class TestQuantize:
    def test_the_folder_of_somebody_else(self, cli: Cli, float_run: Path, mine: Path) -> None:
        before = contents(mine)
        status, _, errors = cli("quantize", float_run, "--out", mine / "model.onnx")
        assert (status, "is there, and bnngen quantize has not written it: name another" in errors) == (
            2,
            True,
        )
        assert contents(mine) == before
        assert cli("quantize", float_run, "--out", mine / "q.onnx")[0] == 0
        assert contents(mine).items() > before.items()

    def test_what_it_wrote_itself_is_replaced(self, cli: Cli, float_run: Path, tmp_path: Path) -> None:
        out = tmp_path / "q.onnx"
        assert cli("quantize", float_run, "--out", out)[0] == 0
        first = out.read_bytes()
        assert cli("quantize", float_run, "--out", out, "--weight-bits", 4)[0] == 0
        assert out.read_bytes() != first

    def test_a_model_of_another_program(
        self, cli: Cli, digits: Path, float_run: Path, tmp_path: Path
    ) -> None:
        out = Path(shutil.copy(digits / "digits_1w1a.onnx", tmp_path / "q.onnx"))
        before = out.read_bytes()
        assert cli("quantize", float_run, "--out", out)[0] == 2
        assert out.read_bytes() == before

    def test_the_model_itself(self, cli: Cli, tmp_path: Path) -> None:
        """Though bnngen wrote it, as it says: it is what the command reads."""
        model, data = tmp_path / "m.onnx", tmp_path / "x.npz"
        graph = onnx.helper.make_graph(
            [onnx.helper.make_node("Relu", ["x"], ["y"])],
            "g",
            [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ("N", 4))],
            [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ("N", 4))],
        )
        onnx.save(onnx.helper.make_model(graph, producer_name="bnngen"), model)
        np.savez(data, x=np.zeros((3, 4), np.float32))
        (tmp_path / "link.onnx").symlink_to(model)
        for output in (model, tmp_path / "link.onnx"):
            TestSingleFiles().refused(cli, tmp_path, "quantize", model, data, "--out", output)
