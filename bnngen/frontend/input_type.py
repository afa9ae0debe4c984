"""What a network takes where its file has no quantiser at the input: a type of integers, scale and offset."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import onnx
from onnx import TensorProto

from bnngen.base.errors import ModelError, UsageError
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import exact_array
from bnngen.reference.input_quantizer import Quantizer

MOST_BITS = 8
MOST_DIGITS = 40
"""Characters of a number in the text of a type."""
ACCEPTED = (
    "accepted are bipolar, binary, ternary, uint1 to uint8 and int2 to int8, with :SCALE or :SCALE,OFFSET "
    "behind (uint8:1/255, int4:0.5,-1), in brackets one for each channel (uint8:[1/255,1/128])"
)
ANNOTATION = "finn_datatype"
"""The key under which tools of QONNX and FINN say what a tensor holds."""

_NAMED = {"bipolar": BIPOLAR, "binary": IntType(0, 1), "ternary": IntType(-1, 1)}
_NUMBER = re.compile(r"[+-]?(\d+(/\d+)?|(\d+\.\d*|\.\d+|\d+)(e[+-]?\d{1,2})?)")
_PART = r"(\[[^][]*\]|[^][,:]*)"
_TEXT = re.compile(rf"([a-z]+\d*)(?::{_PART}(?:,{_PART})?)?")


@dataclass(frozen=True)
class InputType:
    """value = code * scale + offset, where the codes are of ``type``; ``scale`` and ``offset`` have one
    number, or one for each channel. A scale is above 0."""

    type: IntType
    scale: tuple[Fraction, ...] = (Fraction(1),)
    offset: tuple[Fraction, ...] = (Fraction(0),)

    @property
    def channels(self) -> int:
        """For how many channels it has numbers; 1 also stands for all."""
        return max(len(self.scale), len(self.offset))

    def quantizer(self) -> Quantizer:
        """What makes the nearest code of a real number, a tie to the even one; the least or the greatest
        beyond the type. Bipolar: +1 from the offset on."""
        mul = exact_array(1) / exact_array(np.array(self.scale))
        add = -exact_array(np.array(self.offset)) * mul
        return Quantizer(mul, add, "sign" if self.type.bipolar else "half_even", self.type)

    def __str__(self) -> str:
        named = {type_: name for name, type_ in _NAMED.items()}
        name = named.get(self.type, str(self.type).split(" ")[0])
        plain = InputType(self.type)
        if self == plain:
            return name
        scale, offset = (_listed(numbers) for numbers in (self.scale, self.offset))
        return f"{name}:{scale}" if self.offset == plain.offset else f"{name}:{scale},{offset}"


def _listed(numbers: tuple[Fraction, ...]) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"[{','.join(map(str, numbers))}]"


def parse_input_type(text: str) -> InputType:
    """What ``TYPE[:SCALE[,OFFSET]]`` says: see `ACCEPTED`. Raises UsageError."""
    match = _TEXT.fullmatch("".join(text.lower().split()))
    if match is None:
        raise _unreadable(text, "it is no such text")
    name, scale, offset = match.groups()
    found = InputType(
        _type(text, name),
        (Fraction(1),) if scale is None else _numbers(text, scale, "scale"),
        (Fraction(0),) if offset is None else _numbers(text, offset, "offset"),
    )
    if min(found.scale) <= 0:
        raise _unreadable(text, "a scale must be above 0")
    if len({len(found.scale), len(found.offset), 1}) > 2:
        raise _unreadable(text, f"it has {len(found.scale)} scales and {len(found.offset)} offsets")
    return found


def _unreadable(text: str, why: str) -> UsageError:
    return UsageError(f"'{text}' is no type of the input, because {why}; {ACCEPTED}")


def _type(text: str, name: str) -> IntType:
    if (known := _NAMED.get(name)) is not None:
        return known
    kind, bits = re.fullmatch(r"([a-z]+)(\d*)", name).groups()  # type: ignore[union-attr]
    least = {"uint": 1, "int": 2}.get(kind)
    if least is None or not bits:
        raise _unreadable(text, f"'{name}' is no type of integers")
    if len(bits) > 3 or not least <= int(bits) <= MOST_BITS:
        raise _unreadable(text, f"{kind} has {least} to {MOST_BITS} bits, not {bits}")
    return _integers(int(bits), signed=kind == "int")


def _integers(bits: int, signed: bool) -> IntType:
    return IntType(-1 << bits - 1, (1 << bits - 1) - 1) if signed else IntType(0, (1 << bits) - 1)


def _numbers(text: str, part: str, what: str) -> tuple[Fraction, ...]:
    words = part[1:-1].split(",") if part.startswith("[") else [part]
    for word in words:
        if len(word) > MOST_DIGITS or not _NUMBER.fullmatch(word) or re.search(r"/0+$", word):
            raise _unreadable(text, f"its {what} '{word}' is no number such as 1/255, 0.5 or 1e-3")
    return tuple(Fraction(word) for word in words)


@dataclass(frozen=True)
class Declared:
    """What a file itself says of its input's integers: in which words, and what follows; ``input`` is None
    where the words leave it open, ``type`` too where it is not known at all."""

    words: str
    type: IntType | None
    input: InputType | None

    def require(self, name: str) -> InputType:
        """Raises ModelError, naming the input ``name``, where it does not say all."""
        if self.input is None:
            raise ModelError(
                name,
                f"{self.words}, which does not say what integers of at most {MOST_BITS} bits it takes: say "
                "it with --input (bnngen convert MODEL --input uint8:1/255 --out CLEAN.onnx)",
            )
        return self.input

    def agrees(self, chosen: InputType) -> bool:
        """Whether ``chosen`` says nothing else."""
        if self.input is not None:
            return self.input == chosen
        return self.type is None or self.type == chosen.type


def declared_input(model: onnx.ModelProto, name: str) -> Declared | None:
    """What the file says of its input ``name``: by an annotation (`ANNOTATION`), or by the type of its
    elements; None if nothing."""
    for entry in model.graph.quantization_annotation:
        if entry.tensor_name == name:
            for pair in entry.quant_parameter_tensor_names:
                if pair.key == ANNOTATION and (found := _annotated(pair.value)) is not None:
                    return found
    for value in model.graph.input:
        if value.name == name and (type_ := _ELEMENTS.get(value.type.tensor_type.elem_type)) is not None:
            kind = TensorProto.DataType.Name(value.type.tensor_type.elem_type)
            return Declared(f"has elements of type {kind}", type_, InputType(type_))
    return None


_ELEMENTS: Mapping[int, IntType] = {
    getattr(TensorProto, f"{'' if signed else 'U'}INT{bits}"): _integers(bits, signed)
    for bits in (2, 4, 8)
    for signed in (True, False)
    if hasattr(TensorProto, f"{'' if signed else 'U'}INT{bits}")
}


def _annotated(words: str) -> Declared | None:
    """What an annotation says; None for a type of floats."""
    text = f"is annotated as {words}"
    for pattern, meaning in _ANNOTATIONS:
        if (match := pattern.fullmatch(words.strip().upper())) is not None:
            found = meaning(*match.groups())
            return None if found is None else Declared(text, *found)
    return Declared(text, None, None)


_Meaning = Callable[..., tuple[IntType | None, InputType | None] | None]


def _whole(name: str) -> tuple[IntType, InputType]:
    type_ = _NAMED[name.lower()]
    return type_, InputType(type_)


def _sized(kind: str, bits: str) -> tuple[IntType | None, InputType | None]:
    if not (2 if kind == "INT" else 1) <= int(bits) <= MOST_BITS:
        return None, None
    type_ = _integers(int(bits), kind == "INT")
    return type_, InputType(type_)


def _fixed(bits: str, whole: str) -> tuple[IntType | None, InputType | None]:
    """Signed numbers of so many bits, of which so many stand before the point."""
    type_, known = _sized("INT", bits)
    if type_ is None or known is None or int(whole) > int(bits):
        return None, None
    return type_, InputType(type_, (Fraction(1, 1 << int(bits) - int(whole)),))


_ANNOTATIONS: tuple[tuple[re.Pattern[str], _Meaning], ...] = (
    (re.compile(r"FLOAT.*"), lambda: None),
    (re.compile(r"(BIPOLAR|BINARY|TERNARY)"), _whole),
    (re.compile(r"(U?INT)(\d{1,3})"), _sized),
    (re.compile(r"FIXED<(\d{1,3}),(\d{1,3})>"), _fixed),
    (re.compile(r"SCALED(INT)<(\d{1,3})>"), lambda kind, bits: (_sized(kind, bits)[0], None)),
)
