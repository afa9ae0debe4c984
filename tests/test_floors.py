"""The plan of the house: imports only go down, no circle, small files, tests of every folder's name."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import bnngen

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "bnngen": ROOT / "bnngen",
    "bnngen_hw": ROOT / "hw" / "bnngen_hw",
    "bnngen_sim": ROOT / "sim" / "bnngen_sim",
    "bnngen_boards": ROOT / "boards" / "bnngen_boards",
}
FLOORS = (
    ("bnngen.cli",),
    ("bnngen.compress", "bnngen.supernet", "bnngen.quantize", "bnngen.convert"),
    ("bnngen.train",),
    ("bnngen.api",),
    ("bnngen.fit",),
    ("bnngen.design",),
    ("bnngen.toolflow",),
    ("bnngen.host",),
    ("bnngen.reports",),
    ("bnngen.emit",),
    ("bnngen.dataflow",),
    ("bnngen.schedule",),
    ("bnngen.import_check",),
    ("bnngen.passes",),
    ("bnngen.frontend",),
    ("bnngen.reference",),
    ("bnngen.ops",),
    ("bnngen.cost",),
    ("bnngen.ir",),
    ("bnngen.numbers",),
    ("bnngen_boards", "bnngen_sim"),
    ("bnngen.study",),
    ("bnngen.base",),
    ("bnngen_hw",),
)
"""Top first. Rooms of one floor don't import each other."""
MOST_LINES = 300

Imports = Mapping[str, set[str]]


def modules(packages: Mapping[str, Path]) -> dict[str, Path]:
    """Every module with its file."""
    found = {}
    for name, folder in packages.items():
        for path in folder.rglob("*.py"):
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join((name, *parts)).removesuffix(".__init__")] = path
    return found


def imports(known: Mapping[str, Path]) -> dict[str, set[str]]:
    """The modules of ours that each of ours imports, wherever in the file: lazily or for types alone too."""
    return {name: set(_imported(name, path, known)) - {name} for name, path in known.items()}


def _imported(name: str, path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            base = _base(name, path, node)
            inner = [f"{base}.{alias.name}" for alias in node.names]
            yield from (module for module in inner if module in known)
            if base in known and any(module not in known for module in inner):
                yield base


def _base(name: str, path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    return ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])


def floor(module: str) -> int:
    """The number of the floor on which a module lies, 0 at the top. Raises LookupError if it has none."""
    for number, rooms in enumerate(FLOORS):
        if any(module == room or module.startswith(f"{room}.") for room in rooms):
            return number
    raise LookupError(f"{module} is in no room of the plan")


def room(module: str) -> str:
    """The room of a module."""
    return next(r for r in FLOORS[floor(module)] if module == r or module.startswith(f"{r}."))


def climbing(found: Imports) -> list[str]:
    """The imports that don't go down."""
    inside = {name: read for name, read in found.items() if name != "bnngen"}
    return [
        f"{name} imports {other}"
        for name, read in sorted(inside.items())
        for other in sorted(read - {"bnngen"})
        if room(name) != room(other) and floor(other) <= floor(name)
    ]


def circle(found: Imports) -> list[str]:
    """The modules of a circle, or nothing."""
    try:
        TopologicalSorter(found).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_imports_only_go_down() -> None:
    assert climbing(imports(modules(PACKAGES))) == []


def test_there_is_no_circle() -> None:
    assert circle(imports(modules(PACKAGES))) == []


def test_no_file_is_long() -> None:
    long = {name: len(path.read_text().splitlines()) for name, path in modules(PACKAGES).items()}
    assert {name: lines for name, lines in long.items() if lines > MOST_LINES} == {}


def test_every_folder_has_tests_of_its_name() -> None:
    short = {"bnngen": "", "bnngen_hw": "hw", "bnngen_sim": "sim", "bnngen_boards": "boards"}
    without = [
        path.parent
        for name, folder in PACKAGES.items()
        for path in folder.rglob("__init__.py")
        if not any((ROOT / "tests" / short[name] / path.parent.relative_to(folder)).glob("**/test_*.py"))
    ]
    assert without == []


def test_no_room_bears_the_name_of_a_public_function() -> None:
    assert [name for name in bnngen.__all__ if f"bnngen.{name}" in modules(PACKAGES)] == []


@pytest.mark.parametrize("line", ["import bnngen.a.x", "from bnngen.a import x", "from ..a.x import y"])
@pytest.mark.parametrize("lazy", [False, True])
def test_a_circle_is_found(tmp_path: Path, line: str, lazy: bool) -> None:
    """However one writes it, and in a function too."""
    for room, text in (("a", "import bnngen.b.y"), ("b", f"def late():\n    {line}" if lazy else line)):
        folder = tmp_path / room
        folder.mkdir()
        (folder / "__init__.py").touch()
        (folder / f"{'x' if room == 'a' else 'y'}.py").write_text(f"{text}\n")
    found = imports(modules({"bnngen": tmp_path}))
    assert set(circle(found)) == {"bnngen.a.x", "bnngen.b.y"}


@pytest.mark.parametrize("line", ["import bnngen.cli.build", "from bnngen.cli import build"])
def test_a_climbing_import_is_found(tmp_path: Path, line: str) -> None:
    for path, text in (("cli/build.py", ""), ("base/files.py", f"def late():\n    {line}\n")):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text(text)
    assert climbing(imports(modules({"bnngen": tmp_path}))) == ["bnngen.base.files imports bnngen.cli.build"]


def test_no_two_public_classes_have_one_name() -> None:
    homes: dict[str, list[str]] = {}
    for name, path in modules(PACKAGES).items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(name)
    assert {name: where for name, where in homes.items() if len(where) > 1} == {}
