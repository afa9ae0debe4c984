"""Reading a TOML file into a model, with one message that lists every mistake in it and where it is."""

from __future__ import annotations

import json
import tomllib
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, BeforeValidator, ValidationError
from pydantic_core import PydanticKnownError

from bnngen.base.text import joined, near_names

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_Model = TypeVar("_Model", bound=BaseModel)

MOST_BYTES = 1 << 18
MOST_DEPTH = 16
MOST_MISTAKES = 20
MOST_SHOWN = 80
"""Characters of a value in a message."""
MOST_LOOKED_AT = 1_000_000
"""Lines times characters: below it, finding lines takes less than a second or so."""


def one_of(names: Collection[str]) -> BeforeValidator:
    """Of a field that takes one of these names; other values are answered as by a Literal of them."""
    expected = joined([repr(name) for name in names], "or")

    def check(value: object) -> object:
        if isinstance(value, str) and value in names:
            return value
        raise PydanticKnownError("literal_error", {"expected": expected})

    return BeforeValidator(check)


def read_toml(path: Path, model: type[_Model], error: type[Exception], context: object = None) -> _Model:
    """The file's tables as an object of ``model``, whose validators get the ``context``.

    Types are strict: a number in quotes is not a number. An attribute ``ELSEWHERE`` of ``model`` says of some
    fields that it does not have where they belong.

    Raises ``error`` if the file cannot be read, is not TOML or does not fit the model; each mistake is one
    line that begins with the file's name and the line in it.
    """
    text = _read_text(path, error)
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise error(f"{path}: arrays and tables are nested deeper than {MOST_DEPTH}") from None
    except ValueError as mistake:  # also of whole numbers of thousands of digits
        raise error(f"{path}: not valid TOML: {mistake}") from None
    told = [(keys, f"{_field(keys)}: {what}") for keys, what in islice(_unusable(data), MOST_MISTAKES)]
    more = 0
    if not told:
        try:
            document = json.dumps(data, default=_no_text)
            return model.model_validate_json(document, strict=True, context=context)
        except ValidationError as mistakes:
            told = [(detail["loc"], _mistake(detail, model)) for detail in mistakes.errors()[:MOST_MISTAKES]]
            more = mistakes.error_count() - len(told)
    lines = _lines_of(text, [keys for keys, _ in told])
    messages = [f"{path}:{line}: {what}" for line, (_, what) in zip(lines, told, strict=True)]
    raise error("\n".join([*messages, f"{path}: and {more:,} more"] if more else messages))


def _unusable(data: object) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The keys of what no model is asked about, and what is wrong with it."""
    waiting: list[tuple[tuple[str | int, ...], object]] = [((), data)]
    while waiting:
        keys, value = waiting.pop()
        if len(keys) > MOST_DEPTH:
            yield keys[:MOST_DEPTH], f"is nested deeper than {MOST_DEPTH}"
        elif isinstance(value, dict):
            yield from (
                (keys, f"the key {key!r} holds a control character") for key in filter(_control, value)
            )
            waiting += [((*keys, key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [((*keys, place), inner) for place, inner in enumerate(value)]
        elif isinstance(value, str) and _control(value):
            yield keys, f"found {_short(value)}; accepted: text without control characters"
        elif isinstance(value, int) and value.bit_length() > 64:
            yield keys, "found a whole number of more than 64 bits"


def _control(text: str) -> bool:
    """Whether there is a character in the text that moves a cursor or ends a line."""
    return any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text)


def _no_text(date: object) -> list[str]:
    """JSON has no dates, and no model has any: what stands for one must not pass as text."""
    return [str(date)]


def line_of(text: str, keys: Sequence[str | int]) -> int:
    """The number of the line, from 1, in which the TOML ``text`` gives the value at ``keys``.

    If the value is not there, the line of the innermost table around it that is; 1 for the whole file, and in
    a text so long that looking would take seconds.
    """
    return _lines_of(text, [keys])[0]


def line_in(path: Path, keys: Sequence[str | int], error: type[Exception]) -> int:
    """The same of a file, which is read as by `read_toml`. Raises ``error`` if it can't be any more."""
    return line_of(_read_text(path, error), keys)


def _lines_of(text: str, wanted: Sequence[Sequence[str | int]]) -> list[int]:
    """The line of each value."""
    lines = text.splitlines(keepends=True)
    found, depths, start = [1] * len(wanted), [0] * len(wanted), 0
    ends = range(1, len(lines) + 1) if len(lines) * len(text) <= MOST_LOOKED_AT else ()
    for end in ends:
        try:
            data = tomllib.loads("".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue  # inside a value of several lines
        for place, keys in enumerate(wanted):
            if (reached := _depth(data, keys)) > depths[place]:
                depths[place], found[place] = reached, start + 1
        start = end
    return found


def _depth(data: object, keys: Sequence[str | int]) -> int:
    """How many of the ``keys`` lead somewhere."""
    for depth, key in enumerate(keys):
        if not isinstance(data, dict) or key not in data:
            return depth
        data = data[key]
    return len(keys)


def _read_text(path: Path, error: type[Exception]) -> str:
    try:
        with path.open("rb") as file:
            contents = file.read(MOST_BYTES + 1)
        if len(contents) > MOST_BYTES:
            raise error(f"{path}: longer than {MOST_BYTES:,} bytes, and so no file of this kind")
        return contents.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as mistake:
        raise error(f"{path}: cannot be read: {mistake.strerror or mistake}") from None
    except UnicodeDecodeError as mistake:
        raise error(f"{path}: not UTF-8 text: {mistake.reason} at byte {mistake.start}") from None


def _field(keys: Sequence[str | int]) -> str:
    return ".".join(map(str, keys)) or "the file"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


def _mistake(detail: ErrorDetails, model: type[BaseModel]) -> str:
    location = [str(part) for part in detail["loc"]]
    field = _field(location)
    if detail["type"] == "missing":
        return f"{field}: missing"
    if detail["type"] == "extra_forbidden":
        if (told := getattr(model, "ELSEWHERE", {}).get(field)) is not None:
            return f"{field}: {told}"
        return f"{field}: unknown field; {near_names(location[-1], _fields(model, location[:-1]))}"
    accepted = detail["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    if not isinstance(detail["input"], dict):
        return f"{field}: found {_short(detail['input'])}; accepted: {accepted}"
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
