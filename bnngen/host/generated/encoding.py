"""How raw values become the bits of a frame in a generated program: by comparisons of float32 numbers."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np

from bnngen.numbers.datatypes import IntType
from bnngen.reference.input_codes import float_edges
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.network import Network
from bnngen.reference.preprocessing import NumberColumn, Preprocessing, WordColumn
from bnngen.reference.resize import Resize
from bnngen.reference.sample_thermometer import SampleThermometer

MOST_THRESHOLDS = 4096
"""With more of them a program would be a table of numbers: it takes codes instead of real values."""
_RESERVED = """
    asm auto bool break case char class const continue default delete do double else enum extern false final
    float for friend goto if inline int long mutable namespace new operator private protected public register
    restrict return short signed sizeof static struct switch template this throw true try typedef typename
    union unsigned using virtual void volatile wchar_t while
"""
"""Words of C, C++ and Arduino."""


@dataclass(frozen=True)
class Number:
    """A raw value that is compared with ``thresholds``, float32 numbers that don't fall.

    ``first`` is the element of the frame at which its bits begin. The bits of an element are those of
    ``lowest + step * count``, with the count of thresholds that are reached; in a ``thermometer`` each
    threshold is an element of its own. ``fill`` stands for a missing value. ``field`` is its name in C.
    """

    name: str
    field: str
    first: int
    thresholds: tuple[float, ...]
    thermometer: bool
    lowest: int
    step: int
    fill: float | None

    kind = "number"


@dataclass(frozen=True)
class Word:
    """A raw value that is one of ``words``: each is an element, with the bits ``present`` or ``absent``."""

    name: str
    field: str
    first: int
    words: tuple[str, ...]
    absent: tuple[int, ...]
    present: tuple[int, ...]

    kind = "word"


@dataclass(frozen=True)
class RealInput:
    """Real values of a whole frame: ``pixels`` times ``channels``, with the channels slowest.

    The bits of an element are those of ``lowest + step * count``, with the count of the channel's
    ``thresholds``, one row for each channel or one for all, that the value has reached; where it ``falls``,
    that the negated value has reached.
    """

    channels: int
    pixels: int
    thresholds: tuple[tuple[float, ...], ...]
    falls: tuple[bool, ...]
    lowest: int
    step: int


@dataclass(frozen=True)
class RawSample:
    """Raw values of a sample: ``pixels`` times ``channels``, with the channels fastest.

    Each is compared with all ``thresholds``; each of these is an element, with the bits of ``lowest`` below
    it, and of ``lowest + step`` from it on. Elements are in the order of pixels, channels and thresholds, or,
    with ``pixels_last``, of channels, thresholds and pixels.
    """

    channels: int
    pixels: int
    thresholds: tuple[float, ...]
    pixels_last: bool
    lowest: int
    step: int


@dataclass(frozen=True)
class RawResize:
    """A sample of ``rows`` times ``columns`` places becomes one of ``height`` times ``width``: means of
    areas of ``area``, as `bnngen.reference.resize` says. Its values are integers of ``type``, ``lo`` to
    ``hi``; C sums them in integers of ``sum_bits``.

    Where the frame has the channels slowest, ``places_last``, the resized sample still has them fastest.
    """

    rows: int
    columns: int
    height: int
    width: int
    channels: int
    places_last: bool
    type: str
    lo: int
    hi: int
    area: int
    sum_bits: int


def resize_of(resize: Resize, places_last: bool) -> RawResize:
    """That of this ``resize``; sequences are images of one column."""
    rows, columns, height, width = (*resize.shape[:-1], 1)[:2] + (*resize.size, 1)[:2]
    low, high = resize.range
    sums = (resize.area * (3 - 2 * low), resize.area * (3 + 2 * high))
    places = ((rows + 1) * (height + 1), (columns + 1) * (width + 1), resize.values)
    bits = 32 if max(*sums, *places) < 1 << 31 else 64
    channels = resize.shape[-1]
    return RawResize(
        rows, columns, height, width, channels, places_last, resize.type, low, high, resize.area, bits
    )


def sample_of(rules: SampleThermometer, type_: IntType) -> RawSample:
    """That of these ``rules``, its codes as the bits of elements of ``type_``."""
    lowest, step = _line(rules.lowest, rules.step, type_)
    *places, channels = rules.shape
    pixels = math.prod(places)
    return RawSample(channels, pixels, rules.thresholds, rules.places_last, lowest, step)


def columns_of(rules: Preprocessing, type_: IntType) -> tuple[Number | Word, ...]:
    """The raw columns in order, their codes as the bits of elements of ``type_``."""
    firsts = accumulate((column.elements for column in rules.columns), initial=0)
    fields = identifiers(rules.names)
    return tuple(
        _column(column, field, first, type_)
        for column, field, first in zip(rules.columns, fields, firsts, strict=False)
    )


def _column(column: NumberColumn | WordColumn, field: str, first: int, type_: IntType) -> Number | Word:
    if isinstance(column, WordColumn):
        absent, present = (
            tuple(bits_of(code, type_) for code in codes) for codes in (column.absent, column.present)
        )
        return Word(column.name, field, first, column.words, absent, present)
    lowest, step = _line(column.lowest, column.step, type_)
    return Number(column.name, field, first, column.thresholds, column.thermometer, lowest, step, column.fill)


def real_input_of(network: Network) -> RealInput | None:
    """That of a network whose quantiser takes real numbers; None where they take more thresholds than a
    program should have, or change places on the way."""
    quantizer, levels = network.quantizer, len(network.quantizer.thresholds(0)[1])
    if network.transpositions or levels * quantizer.channels > MOST_THRESHOLDS:
        return None
    falls = tuple(bool(m.sign() < 0) for m in np.resize(quantizer.mul, quantizer.channels))
    edges = float_edges(_rising(quantizer), np.dtype(np.float32))
    rows = tuple(tuple(map(float, row)) for row in edges)
    type_ = quantizer.type
    lowest, step = _line(type_.lo, 2 if type_.bipolar else 1, type_)
    *pixels, channels = network.input_shape
    return RealInput(channels, math.prod(pixels), rows, falls, lowest, step)


def _rising(quantizer: Quantizer) -> Quantizer:
    """The quantiser for negated values, where it falls."""
    return replace(quantizer, mul=np.array([-m if m.sign() < 0 else m for m in quantizer.mul], object))


def _line(lowest: int, step: int, type_: IntType) -> tuple[int, int]:
    """A line of codes as a line of bits."""
    return ((lowest + 1) // 2, step // 2) if type_.bipolar else (lowest, step)


def bits_of(code: int, type_: IntType) -> int:
    """The bits of one element, as an unsigned number."""
    return (code + 1) // 2 if type_.bipolar else code & ((1 << type_.encoding.bits) - 1)


def identifiers(names: Sequence[str]) -> list[str]:
    """A name for each of ``names`` that C and Python take, all of them different."""
    found: list[str] = []
    for name in names:
        plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "value"
        if plain[0].isdigit() or plain in _RESERVED.split() or keyword.iskeyword(plain):
            plain = f"value_{plain}"
        tries = (plain if k == 1 else f"{plain}_{k}" for k in range(1, len(names) + 2))
        found.append(next(name for name in tries if name not in found))
    return found
