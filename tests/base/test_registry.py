"""A choice's names: listed and checked without their files, which are imported at their first use."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ValidationError

from bnngen.base.registry import Choice, Registry
from bnngen.base.toml import one_of


@pytest.fixture
def shapes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry[Choice]:
    """A package of its own with two files, one of which can't be imported."""
    folder = tmp_path / "shapes_of_a_test"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "round.py").write_text("def area(r): return 3 * r * r")
    (folder / "square.py").write_text("import a_package_that_is_not_there")
    monkeypatch.syspath_prepend(tmp_path)
    choices = {"circle": Choice("round:area", "a circle"), "square": Choice("square", "four equal sides")}
    return Registry("shape", "shapes_of_a_test", choices)


def test_names_need_no_file(shapes: Registry[Choice]) -> None:
    assert list(shapes) == ["circle", "square"]
    assert ("square" in shapes, "line" in shapes, 3 in shapes, len(shapes)) == (True, False, False, 2)
    assert shapes.described == "a circle (circle), or four equal sides (square)"
    assert "shapes_of_a_test" not in sys.modules


def test_a_file_is_imported_at_its_first_use(shapes: Registry[Choice]) -> None:
    assert shapes["circle"](2) == 12
    with pytest.raises(ModuleNotFoundError, match="a_package_that_is_not_there"):
        shapes["square"]
    with pytest.raises(KeyError):
        shapes["line"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sqare", "no shape 'sqare'; did you mean square?"),
        ("x", "no shape 'x'; accepted: circle, square"),
    ],
)
def test_an_unknown_name_suggests_near_ones(shapes: Registry[Choice], name: str, message: str) -> None:
    assert shapes.unknown(name) == message


@pytest.mark.parametrize("value", ["circle", "line", "", 3, True, None, ["circle"], {}])
def test_a_field_answers_as_a_literal_does(shapes: Registry[Choice], value: object) -> None:
    class ByRegistry(BaseModel):
        shape: Annotated[str, one_of(shapes)]

    class ByLiteral(BaseModel):
        shape: Literal["circle", "square"]

    answers: list[Any] = []
    for model in (ByRegistry, ByLiteral):
        try:
            answers.append(model.model_validate({"shape": value}).model_dump())
        except ValidationError as error:
            answers.append(error.errors(include_url=False)[0])
    assert answers[0] == answers[1]
