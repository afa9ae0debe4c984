"""Reading a TOML file into a model, with one message that lists every mistake in it and where it is."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

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


def read_toml(path: Path, model: type[_Model], error: type[Exception]) -> _Model:
    """The file's tables as an object of ``model``.

    Types are strict: a number in quotes is not a number.

    Raises ``error`` if the file cannot be read, is not TOML or does not fit the model; each mistake is one
    line that begins with the file's name and the line in it.
    """
    text = _read_text(path, error)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as mistake:
        raise error(f"{path}: not valid TOML: {mistake}") from None
    try:
        return model.model_validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as mistakes:
        lines = [_describe(path, text, detail, model) for detail in mistakes.errors()]
        raise error("\n".join(lines)) from None


def line_of(text: str, keys: Sequence[str | int]) -> int:
    """The number of the line, from 1, in which the TOML ``text`` gives the value at ``keys``.

    If the value is not there, the line of the innermost table around it that is; 1 for the whole file.
    """
    line, lines = 1, text.splitlines(keepends=True)
    end = start = depth = 0
    while end < len(lines):
        end += 1
        try:
            data = tomllib.loads("".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue  # inside a value of several lines
        reached = _depth(data, keys)
        if reached > depth:
            depth, line = reached, start + 1
        start = end
    return line


def _depth(data: object, keys: Sequence[str | int]) -> int:
    """How many of the ``keys`` lead somewhere."""
    for depth, key in enumerate(keys):
        if not isinstance(data, dict) or key not in data:
            return depth
        data = data[key]
    return len(keys)


def _read_text(path: Path, error: type[Exception]) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as mistake:
        raise error(f"{path}: cannot be read: {mistake.strerror or mistake}") from None
    except UnicodeDecodeError as mistake:
        raise error(f"{path}: not UTF-8 text: {mistake.reason} at byte {mistake.start}") from None


def _describe(path: Path, text: str, detail: ErrorDetails, model: type[BaseModel]) -> str:
    return f"{path}:{line_of(text, detail['loc'])}: {_mistake(detail, model)}"


def _mistake(detail: ErrorDetails, model: type[BaseModel]) -> str:
    location = [str(part) for part in detail["loc"]]
    field = ".".join(location) or "the file"
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
        table = table["properties"][part] if "properties" in table else table["additionalProperties"]
        choices = table.get("anyOf", [table])
        if references := [c["$ref"] for c in choices if "$ref" in c]:
            table = schema["$defs"][references[0].rsplit("/", 1)[-1]]
    return list(table["properties"])
