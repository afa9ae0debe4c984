"""Reading a TOML file into a model, with one message that lists every mistake in it."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from bnngen_boards.errors import BoardError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_Model = TypeVar("_Model", bound=BaseModel)


def near_names(name: str, known: Iterable[str]) -> str:
    """Says which of the known names are meant: the near ones first, else all of them."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=3)
    if near:
        return "did you mean " + " or ".join(near) + "?"
    return "accepted: " + ", ".join(known)


def read_profile(path: Path, model: type[_Model]) -> _Model:
    """The file's tables as an object of ``model``.

    Types are strict: a number in quotes is not a number.

    Raises :class:`BoardError` if the file cannot be read, is not TOML or does not fit the model.
    """
    data = _read_toml(path)
    try:
        return model.model_validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as error:
        lines = [_describe(detail, model) for detail in error.errors()]
        raise BoardError("\n".join(f"{path}: {line}" for line in lines)) from None


def _read_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BoardError(f"{path}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise BoardError(f"{path}: not UTF-8 text: {error.reason} at byte {error.start}") from None
    except tomllib.TOMLDecodeError as error:
        raise BoardError(f"{path}: not valid TOML: {error}") from None


def _describe(detail: ErrorDetails, model: type[BaseModel]) -> str:
    location = [str(part) for part in detail["loc"]]
    field = ".".join(location) or "the profile"
    if detail["type"] == "missing":
        return f"{field}: missing"
    if detail["type"] == "extra_forbidden":
        return f"{field}: unknown field; {near_names(location[-1], _fields(model, location[:-1]))}"
    accepted = detail["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    if not isinstance(detail["input"], dict):
        return f"{field}: found {detail['input']!r}; accepted: {accepted}"
    return f"{field}: accepted: {accepted}"


def _fields(model: type[BaseModel], location: list[str]) -> list[str]:
    """The names of the fields of the table at ``location``, as they are written in the file."""
    schema = model.model_json_schema()
    table = schema
    for part in location:
        table = table["properties"][part]
        choices = table.get("anyOf", [table])
        table = schema["$defs"][next(c["$ref"] for c in choices if "$ref" in c).rsplit("/", 1)[-1]]
    return list(table["properties"])
