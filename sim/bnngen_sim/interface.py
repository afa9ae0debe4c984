"""``interface.json``: how integers and beats of an accelerator's two streams correspond."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from bnngen.base.errors import InterfaceError
from bnngen.base.strict_json import parse, read_json
from bnngen_sim.attributes import is_int, require, short
from bnngen_sim.link import SerialLink
from bnngen_sim.stream_format import StreamFormat

ROUNDINGS = (
    "half_even",
    "half_up",
    "half_down",
    "half_away",
    "half_toward",
    "up",
    "down",
    "ceil",
    "floor",
    "half_odd",
    "sign",
)

_RATIONAL = re.compile(r"-?\d+(/[1-9]\d*)?", re.ASCII)
_T = TypeVar("_T")


@dataclass(frozen=True)
class Quantize:
    """How a real input becomes the accelerator's code: ``clip(round(mul * x + add), lo, hi)``, exactly.

    Raises InterfaceError if an attribute is of the wrong type or out of range.
    """

    mul: str | tuple[str, ...]
    add: str | tuple[str, ...]
    """Rationals ``"p/q"`` (or ``"p"``), or one for each channel."""
    rounding: str
    """One of ``ROUNDINGS``."""
    lo: int
    hi: int
    """The range of the codes, ``lo <= hi``."""

    def __post_init__(self) -> None:
        for name in ("mul", "add"):
            object.__setattr__(self, name, _rationals(name, getattr(self, name)))
        lists = [v for v in (self.mul, self.add) if isinstance(v, tuple)]
        require(
            len({len(v) for v in lists}) <= 1, "mul and add", [len(v) for v in lists], "lists of one length"
        )
        require(self.rounding in ROUNDINGS, "rounding", self.rounding, f"one of {', '.join(ROUNDINGS)}")
        for name in ("lo", "hi"):
            require(is_int(getattr(self, name)), name, getattr(self, name), "an integer")
        require(self.lo <= self.hi, "lo", self.lo, f"at most hi = {self.hi}")


@dataclass(frozen=True)
class Interface:
    """All of ``interface.json``: both streams, what the output means, and how real inputs are quantized.

    Raises InterfaceError if the parts do not agree.
    """

    input: StreamFormat
    output: StreamFormat
    """The formats of ``s_axis`` and ``m_axis``."""
    class_index: bool
    """The output is the index of one class: one element a frame."""
    quantize: Quantize
    """From real inputs to codes; its range lies within the input's."""
    classes: tuple[str, ...] | None = None
    """The names of the classes, by their indices; None: there are none."""
    columns: tuple[str, ...] | None = None
    """The names of the raw columns."""
    preprocessing: Mapping[str, Any] | None = None
    """How raw columns become codes, as `bnngen.reference.preprocessing` writes it."""
    link: SerialLink | None = None
    """How the board's serial link works; None: the board has none."""

    def __post_init__(self) -> None:
        require(isinstance(self.class_index, bool), "class_index", self.class_index, "true or false")
        elements = self.output.elements_per_frame
        if self.class_index:
            require(elements == 1, "output: elements_per_frame", elements, "1 for a class index")
        lo, hi = self.input.lo, self.input.hi
        fits = lo <= self.quantize.lo and self.quantize.hi <= hi
        found = (self.quantize.lo, self.quantize.hi)
        require(fits, "quantize: lo and hi", found, f"within the input's range {lo} to {hi}")
        for name in ("classes", "columns"):
            object.__setattr__(self, name, _texts(name, getattr(self, name)))
        rules = self.preprocessing
        require(rules is None or isinstance(rules, Mapping), "preprocessing", rules, "an object")

    def to_json(self) -> str:
        """The text of ``interface.json``."""
        optional = {field.name for field in fields(self) if field.default is None}
        known = {k: v for k, v in asdict(self).items() if k not in optional or v is not None}
        return json.dumps(known, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Interface:
        """The interface that ``text`` describes. Raises InterfaceError that names the key at fault."""
        try:
            return cls.from_data(parse(text))
        except ValueError as error:
            raise InterfaceError(str(error)) from error

    @classmethod
    def from_data(cls, data: Any) -> Interface:
        """The interface that the contents of an ``interface.json`` describe. Raises InterfaceError."""
        _check_keys(cls, data)
        return cls(
            input=_part(StreamFormat, "input", data["input"]),
            output=_part(StreamFormat, "output", data["output"]),
            class_index=data["class_index"],
            quantize=_part(Quantize, "quantize", data["quantize"]),
            **{key: data.get(key) for key in ("classes", "columns", "preprocessing")},
            link=None if data.get("link") is None else _part(SerialLink, "link", data["link"]),
        )

    @classmethod
    def load(cls, path: str | Path) -> Interface:
        """Reads an ``interface.json``. Raises InterfaceError that names the file."""
        try:
            return cls.from_data(read_json(Path(path)))
        except OSError as error:
            raise InterfaceError(f"{path}: cannot be read: {error.strerror or error}") from error
        except (ValueError, InterfaceError) as error:
            raise InterfaceError(f"{path}: {error}") from error


def _part(kind: type[_T], name: str, data: Any) -> _T:
    try:
        _check_keys(kind, data)
        return kind(**data)
    except InterfaceError as error:
        raise InterfaceError(f"{name}: {error}") from error


def _check_keys(kind: type, data: Any) -> None:
    if not isinstance(data, Mapping):
        raise InterfaceError(f"must be an object, not {short(data)}")
    wanted = [field.name for field in fields(kind)]
    missing = [field.name for field in fields(kind) if field.default is MISSING and field.name not in data]
    if missing:
        raise InterfaceError(f"key {missing[0]!r} is missing")
    unknown = [name for name in data if name not in wanted]
    if unknown:
        raise InterfaceError(f"unknown key {short(unknown[0])}; the keys are {', '.join(wanted)}")


def _rationals(name: str, value: Any) -> str | tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else [value]
    good = len(items) > 0 and all(isinstance(v, str) and _RATIONAL.fullmatch(v) for v in items)
    require(good, name, value, 'a rational as text like "1/255", or a list of them')
    return value if isinstance(value, str) else tuple(items)


def _texts(name: str, value: Any) -> tuple[str, ...] | None:
    good = value is None or (isinstance(value, list | tuple) and all(isinstance(v, str) for v in value))
    require(good, name, value, "a list of names")
    return None if value is None else tuple(value)
