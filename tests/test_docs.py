"""What the pages say is true of the program: commands, options, links, examples, lists."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import numpy as np
import pytest
import typer
from support.narrow import present

import bnngen
from bnngen.base.errors import ModelError
from bnngen.base.registry import Choice, Registry
from bnngen.cli import app, run
from bnngen.frontend.readers import supported_operators
from bnngen.numbers.rounding import ROUNDING_MODES
from bnngen.passes.lower import RULES
from bnngen.quantize.choices import RULES as RANGE_RULES
from bnngen.reports.steps import STEPS
from bnngen.supernet.recipe import load_supernet_recipe
from bnngen.supernet.space import checked_space
from bnngen.toolflow.board_top import BoardTop
from bnngen.train import choices as train_choices
from bnngen.train.choices import ARCHITECTURES, SCORES, SOURCES, UNITS
from bnngen.train.prune.table import PruneTable
from bnngen.train.recipe import DataTable, Recipe, TrainTable, load_recipe
from bnngen_boards.loading import LOADERS
from bnngen_boards.platform import make_platform
from bnngen_boards.profile import Board, board_names, load_board
from bnngen_hw.edges.link import StreamShape
from bnngen_sim.interface import Interface, Quantize
from bnngen_sim.stream_format import StreamFormat

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/README.md")])
TUTORIALS = {f"examples/{name}/README.md" for name in ("fan", "pictures", "sound")}
"""Their commands are run by tests/examples/test_tutorials.py, all of them."""
COMMANDS: Mapping[str, Any] = typer.main.get_group(app).commands


def registries(module: ModuleType) -> list[Registry[Choice]]:
    """The registries of a module."""
    return [value for value in vars(module).values() if isinstance(value, Registry)]


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The contents of the fenced blocks in ``language``."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def command_lines() -> Iterator[tuple[str, list[str]]]:
    """Every ``bnngen`` command line of the pages' shell blocks, fenced or indented, with the page's name."""
    for path in PAGES:
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
        indented = re.findall(r"^ {4}(bnngen [a-z].*)$", text, re.MULTILINE)
        fenced = re.findall(r"^(bnngen .*)$", "".join(blocks(text, "sh")), re.MULTILINE)
        for line in [*fenced, *indented]:
            yield path.relative_to(ROOT).as_posix(), shlex.split(line)[1:]


LINES = list(command_lines())


def table_rows(text: str, heading: str) -> list[str]:
    """The rows of the tables below ``heading``, up to the next heading, without the tables' heads."""
    section = re.split(r"^#+ ", ("\n" + text).split(f"\n{heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[
        0
    ]
    tables = re.findall(r"((?:^\|.*\n)+)", section, re.MULTILINE)
    return [row for table in tables for row in table.splitlines()[2:]]


def first_cells(text: str, heading: str) -> list[str]:
    return [row.split("|")[1].strip() for row in table_rows(text, heading)]


def names_in(cells: list[str]) -> list[str]:
    """What stands between backticks in the cells."""
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own in which the pages' relative paths are right."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    subprocess.run([sys.executable, "examples/maps/make_networks.py", "out/maps"], check=True)
    return tmp_path


# commands


@pytest.mark.parametrize(("where", "arguments"), LINES, ids=[" ".join(line) for _, line in LINES])
def test_every_command_line_parses(where: str, arguments: list[str]) -> None:
    name, *rest = arguments
    assert name in COMMANDS, f"{where}: there is no command {name}"
    COMMANDS[name].make_context(name, rest)


def test_the_pages_show_every_command() -> None:
    assert {arguments[0] for _, arguments in LINES} == set(COMMANDS)


def needs_training(arguments: list[str]) -> bool:
    """Whether this line trains, or uses what a line before it has trained."""
    trains = {"train", "compress", "supernet", "specialize", "quantize"}
    return arguments[0] in trains or any("tfc_digits" in a for a in arguments)


@pytest.mark.parametrize("training", [False, pytest.param(True, marks=pytest.mark.train)])
def test_the_quick_command_lines_run(workplace: Path, training: bool) -> None:
    """In the order of the pages; builds stop at the estimate, and simulations and boards are left to the
    Python example and to tests of their commands."""
    seen = set()
    for where, arguments in LINES:
        if (
            where in TUTORIALS
            or arguments[0] in ("simulate", "run", "serve", "flash")
            or tuple(arguments) in seen
            or needs_training(arguments) != training
        ):
            continue
        seen.add(tuple(arguments))
        cheap = [*arguments, "--until", "estimate"] if arguments[0] == "build" else arguments
        assert not set(arguments) & {"--open"}
        assert run(cheap) == 0, f"{where}: bnngen {' '.join(cheap)}"
    assert len(seen) > 5


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_guide_lists_the_options_of(name: str) -> None:
    listed = {
        present(re.match(r"--[a-z-]+", cell))[0]
        for cell in names_in(first_cells(page("docs/guide.md"), f"### bnngen {name}"))
    }
    params = COMMANDS[name].params
    options = {o for p in params for o in (*p.opts, *p.secondary_opts) if o.startswith("--")}
    assert listed == options - {"--help"}


def test_commands_named_in_the_text_exist() -> None:
    for path in PAGES:
        named = set(re.findall(r"`bnngen ([a-z]+)", path.read_text(encoding="utf-8")))
        assert named <= set(COMMANDS), path


def test_options_named_in_the_text_exist() -> None:
    params = [p for command in COMMANDS.values() for p in command.params]
    options = {option for p in params for option in (*p.opts, *p.secondary_opts)}
    others = {
        "--help",
        "--version",
        "--debug",
        "--seed",
        "--out",
    }  # --seed and --out: also of the training script
    for path in PAGES:
        named = re.findall(r"`(--[a-z-]+)", path.read_text(encoding="utf-8"))
        assert set(named) <= options | others, path


def test_the_guide_names_the_steps_in_order() -> None:
    steps = ", ".join(f"`{step}`" for step in STEPS)
    assert f"five steps: {steps}." in page("docs/guide.md")


def test_the_guide_lists_the_keys_of_interface_json() -> None:
    keys = set(StreamFormat.__dataclass_fields__)
    assert set(names_in(first_cells(page("docs/guide.md"), "### interface.json"))) == keys | set(
        ROUNDING_MODES
    )


@pytest.mark.parametrize("name", ["README.md", "docs/guide.md"])
def test_exit_statuses(name: str) -> None:
    assert first_cells(page(name), "## Exit statuses") == ["0", "1", "2", "3", "130"]


# links and lists


@pytest.mark.parametrize("path", PAGES, ids=[p.relative_to(ROOT).as_posix() for p in PAGES])
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), f"{path.name}: {link}"
        assert not anchor or anchor in anchors(target), f"{path.name}: {link}"


def anchors(path: Path) -> set[str]:
    """The anchors that the headings of a page have."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_import_lists_the_operators() -> None:
    assert sorted(names_in(first_cells(page("docs/import.md"), "## Operators"))) == supported_operators()


def test_import_lists_the_rewrites() -> None:
    listed = names_in(first_cells(page("docs/import.md"), "## The rewrites"))
    assert sorted(listed) == sorted(rule.__name__ for rule in RULES)


def test_hardware_names_every_module() -> None:
    text = page("docs/hardware.md")
    modules = {path.name for path in (ROOT / "hw" / "bnngen_hw").rglob("[!_]*.py")}
    assert {name for name in modules if f"`{name}`" not in text} == set()
    assert set(re.findall(r"`(\w+\.py)`", text)) <= modules


def test_boards_are_listed() -> None:
    assert names_in(first_cells(page("docs/boards.md"), "# Boards")) == board_names()
    assert all(f"`{name}`" in page("README.md") for name in board_names())


def test_the_page_says_how_boards_are_loaded() -> None:
    text = page("docs/boards.md")
    rows = {row.split("|")[1].strip(" `"): row for row in table_rows(text, "## Loading")}
    loadings = {name: load_board(name).loading for name in board_names()}
    for name, loading in loadings.items():
        assert (name in rows) == (loading is not None)
        if loading is not None:
            programs, memories = (names_in([cell]) for cell in rows[name].split("|")[2:4])
            assert memories == list(loading.memories)
            assert programs == [loader.name for loader, _ in loading.ways(loading.memories[0])]
    for loader in LOADERS:
        assert f"install {loader.how_to_get.split()[-1]}`" in rows[loader.name]


def test_make_targets() -> None:
    targets = re.search(r"^\.PHONY: (.*)$", page("Makefile"), re.MULTILINE)
    assert targets is not None
    listed = names_in(first_cells(page("docs/development.md"), "## Make targets"))
    assert sorted(listed) == sorted(f"make {target}" for target in targets[1].split())


def test_folders_exist() -> None:
    for name in names_in(first_cells(page("docs/development.md"), "## Folders")):
        assert list(ROOT.glob(name)), name


def test_extras() -> None:
    listed = names_in(first_cells(page("README.md"), "## Install it"))
    section = page("pyproject.toml").split("[project.optional-dependencies]")[1].split("[project.scripts]")[0]
    assert sorted(listed) == sorted(re.findall(r"^(\w+) = \[", section, re.MULTILINE))


def test_the_page_has_every_field_of_a_recipe() -> None:
    text = page("docs/training.md")
    sections = {field: f"### `[{field}]`" for field in Recipe.model_fields}
    for field, heading in sections.items():
        table: Any = Recipe.model_fields[field].annotation
        table = next((t for t in get_args(table) if t is not type(None)), table)
        listed = set(names_in(first_cells(text, heading)))
        assert set(table.model_fields) <= listed, heading


@pytest.mark.parametrize("registry", registries(train_choices), ids=lambda registry: registry.kind)
def test_the_page_has_every_choice_of_a_recipe(registry: Registry[Choice]) -> None:
    assert {name for name in registry if f"`{name}`" not in page("docs/training.md")} == set()


@pytest.mark.parametrize(
    ("registry", "heading"),
    [
        (SOURCES, "### `[data]`"),
        (ARCHITECTURES, "### `[model]`"),
        (UNITS, "### `[prune]`"),
        (SCORES, "### `[prune]`"),
    ],
    ids=["data", "model", "unit", "score"],
)
def test_the_tables_of_the_page_say_what_each_choice_is(registry: Registry[Choice], heading: str) -> None:
    rows = [row.split("|")[1:3] for row in table_rows(page("docs/training.md"), heading)]
    said = {(name, text.strip()) for cell, text in rows for name in names_in([cell])}
    for name, choice in registry.choices.items():
        assert any(name == listed and text.startswith(choice.about) for listed, text in said), name


def test_the_pages_have_every_range_rule() -> None:
    (cell,) = (
        row for row in table_rows(page("docs/guide.md"), "### bnngen quantize") if "`--ranges RULE`" in row
    )
    assert set(RANGE_RULES) <= set(names_in([cell]))


def test_the_page_has_every_other_choice_of_a_recipe() -> None:
    for table in (DataTable, TrainTable, PruneTable):
        for name, field in table.model_fields.items():
            choices = [c for c in get_args(field.annotation) if isinstance(c, str)]
            assert all(f"`{choice}`" in page("docs/training.md") for choice in choices), name


def test_the_recipes_hold(tmp_path: Path) -> None:
    for number, recipe in enumerate(blocks(page("docs/training.md"), "toml")):
        (tmp_path / f"{number}.toml").write_text(recipe, encoding="utf-8")
    recipes = ROOT.glob("examples/recipes/*.toml")
    paths = [*tmp_path.glob("*.toml"), *(p for p in recipes if not p.name.startswith("supernet_"))]
    assert len(paths) > 2
    for path in paths:
        assert load_recipe(path).model.architecture in ARCHITECTURES, path


@pytest.mark.train
def test_the_recipes_of_supernets_hold(tmp_path: Path) -> None:
    for number, recipe in enumerate(blocks(page("docs/supernet.md"), "toml")):
        (tmp_path / f"{number}.toml").write_text(recipe, encoding="utf-8")
    for path in [*tmp_path.glob("*.toml"), *ROOT.glob("examples/recipes/supernet_*.toml")]:
        checked_space(load_supernet_recipe(path))


# examples


def test_readme_s_python_example(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = blocks(page("README.md"), "python")
    exec(compile(example, "README.md", "exec"), {})
    assert "342 of 360 correct" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["docs/guide.md", "docs/hardware.md"])
def test_python_examples_hold(name: str) -> None:
    examples = blocks(page(name), "python")
    assert examples
    for example in examples:
        assert "assert" in example
        exec(compile(example, name, "exec"), {})


def test_the_records_of_the_training_page_hold(workplace: Path) -> None:
    examples = [text for text in blocks(page("docs/training.md"), "python") if "assert" in text]
    assert len(examples) == 2
    for example in examples:
        exec(compile(example, "docs/training.md", "exec"), {})


@pytest.mark.parametrize(
    "stream",
    [
        StreamFormat(29, 13, 2, True, "int", 32, "NHWC"),
        StreamFormat(64, 32, 1, False, "bipolar", 32, "NHWC"),
        StreamFormat(5, 2, 8, False, "int", 24, "NC"),
    ],
)
def test_the_guide_packs_as_the_simulation_does(stream: StreamFormat) -> None:
    (example,) = blocks(page("docs/guide.md"), "python")
    names: dict[str, Any] = {}
    exec(compile(example, "guide.md", "exec"), names)
    frame = np.random.default_rng(0).integers(stream.lo, stream.hi + 1, stream.elements_per_frame)
    frame = np.where(frame == 0, 1, frame) if stream.encoding == "bipolar" else frame
    packed = b"".join(names["beats"](frame.tolist(), vars(stream)))
    assert packed == stream.pack(frame[None]).tobytes()


@pytest.fixture
def own_board(tmp_path: Path) -> Board:
    """The profile of the pages, read as a user's file."""
    (profile,) = blocks(page("docs/boards.md"), "toml")
    (tmp_path / "own.toml").write_text(profile, encoding="utf-8")
    return load_board(tmp_path / "own.toml")


def test_the_own_board_loads(own_board: Board) -> None:
    assert own_board.pins is not None
    platform = make_platform(own_board)
    assert platform.device == own_board.device
    top = BoardTop(own_board, StreamShape(4, 2, 1), own_board.clock.default_mhz)
    assert top.clock.out_mhz == 75


def test_the_tables_have_every_field_of_a_profile() -> None:
    rows = table_rows(page("docs/boards.md"), "## A profile of your own")
    listed = {name for row in rows for name in re.findall(r"`\[?([\w.]+)\]?`", row)}
    assert set(fields(Board.model_json_schema())) <= listed


def fields(schema: dict[str, Any]) -> Iterator[str]:
    """The names of all values and tables of a profile, as they are written in the file."""
    for table in (schema, *schema["$defs"].values()):
        yield from (
            name for name in table.get("properties", ()) if name not in ("resources", "bram", "spram")
        )


class Port:
    """A serial port with an accelerator behind it that answers each frame with the sum of its elements."""

    def __init__(self, interface: Interface) -> None:
        self.interface = interface
        self.calls: list[str] = []
        self.received = b""

    def send_break(self, duration: float) -> None:
        self.calls.append("break")

    def reset_input_buffer(self) -> None:
        self.calls.append("reset")
        self.received = b""

    def write(self, data: bytes) -> None:
        source, sink = self.interface.input, self.interface.output
        beats = np.frombuffer(data, np.uint8).reshape(1, source.beats_per_frame, source.bytes_per_beat)
        self.received += sink.pack(source.unpack(beats).sum(axis=1, keepdims=True)).tobytes()

    def read(self, size: int) -> bytes:
        answer, self.received = self.received[:size], self.received[size:]
        return answer


def test_the_host_script_asks_and_restarts(monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = blocks(page("docs/boards.md"), "python")
    names: dict[str, Any] = {}
    exec(compile(example, "boards.md", "exec"), names)
    source = StreamFormat(10, 4, 3, True, "int", 16, "NHWC")
    sink = StreamFormat(1, 1, 12, True, "int", 16, "NHWC")
    interface = Interface(source, sink, False, Quantize("1", "0", "half_even", -4, 3))
    port = Port(interface)
    frame = np.arange(10) % 8 - 4
    names["restart"](port)
    assert port.calls == ["break", "reset"]
    assert names["ask"](port, interface, frame).tolist() == [frame.sum()]
    monkeypatch.setattr(port, "write", lambda data: None)
    with pytest.raises(TimeoutError, match="0 of 2 bytes"):
        names["ask"](port, interface, frame)


# errors


def make_model(path: Path, *nodes: Any, weights: np.ndarray) -> Path:
    """A model of 4 inputs and 3 outputs with these nodes."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    value = helper.make_tensor_value_info
    tensors = [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(np.float32(1), "one")]
    ends = [value("x", TensorProto.FLOAT, (1, 4))], [value("y", TensorProto.FLOAT, (1, 3))]
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", *ends, tensors)), path)
    return path


@pytest.mark.parametrize("case", ["weights", "input", "sign", "relu"])
def test_the_messages_of_the_import_page_are_real(tmp_path: Path, case: str) -> None:
    from onnx import helper

    node = helper.make_node
    whole, real = np.ones((4, 3), np.float32), np.arange(1, 13, dtype=np.float32).reshape(4, 3) ** 3 / 7
    binarized = node("BipolarQuant", ["x", "one"], ["q"], name="in_quant", domain="qonnx.custom_op.general")
    nodes = {
        "weights": (real, binarized, node("MatMul", ["q", "w"], ["y"], name="fc1")),
        "input": (whole, node("MatMul", ["x", "w"], ["y"], name="fc1")),
        "sign": (
            whole,
            node("Sign", ["x"], ["q"], name="sign0"),
            node("MatMul", ["q", "w"], ["y"], name="fc1"),
        ),
        "relu": (
            whole,
            binarized,
            node("MatMul", ["q", "w"], ["h"], name="fc1"),
            node("Relu", ["h"], ["y"], name="act1"),
        ),
    }
    weights, *rest = nodes[case]
    with pytest.raises(ModelError) as error:
        bnngen.load(make_model(tmp_path / "m.onnx", *rest, weights=weights))
    assert f"    {error.value}\n" in page("docs/import.md")


def test_the_picture_is_well_formed() -> None:
    from xml.etree import ElementTree

    picture = ElementTree.parse(ROOT / "docs" / "flow.svg").getroot()
    assert picture.tag.endswith("svg")
    assert "(docs/flow.svg)" in page("README.md")
