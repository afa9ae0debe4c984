"""``interface.json``: how integers and beats of an accelerator's two streams correspond."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .errors import InterfaceError
from .strict_json import parse, read_json

ENCODINGS = ("int", "bipolar")
ORDERS = ("NHWC", "NLC", "NC")
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
    "sign",
)

_MAX_BITS = 63  # values travel as numpy int64, which holds every unsigned number only up to here
_MAX_SHOWN = 80
_BITS_AT_ONCE = 1 << 24  # packing spreads each bit over a byte: work in chunks of at most 16 MiB of them
_MAX_ELEMENTS = 1 << 31
_MAX_WIDTH = 1 << 24
_RATIONAL = re.compile(r"-?\d+(/[1-9]\d*)?", re.ASCII)
_T = TypeVar("_T")


@dataclass(frozen=True)
class StreamFormat:
    """One AXI4-Stream and the integer tensor that it carries.

    Attributes:
        elements_per_frame: integers in one frame, at least 1.
        elements_per_beat: integers in one beat, at least 1; the last beat of a frame may be partly filled.
        bits: bits of one element, 1 to 63; 1 for a bipolar one.
        signed: two's complement if true; says nothing for a bipolar element.
        encoding: ``int``, or ``bipolar`` (bit 0 is -1, bit 1 is +1).
        tdata_bits: width of ``tdata``, whole bytes, at least ``elements_per_beat * bits``.
        order: ``NHWC``, ``NLC`` or ``NC``; elements come in C order, channels last.

    Raises InterfaceError if an attribute is of the wrong type or out of range.
    """

    elements_per_frame: int
    elements_per_beat: int
    bits: int
    signed: bool
    encoding: str
    tdata_bits: int
    order: str

    def __post_init__(self) -> None:
        for name in ("elements_per_frame", "elements_per_beat", "bits", "tdata_bits"):
            _require(_is_int(getattr(self, name)), name, getattr(self, name), "an integer")
            _require(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")
            most = _MAX_WIDTH if name == "tdata_bits" else _MAX_ELEMENTS
            _require(getattr(self, name) <= most, name, getattr(self, name), f"at most {most}")
        _require(isinstance(self.signed, bool), "signed", self.signed, "true or false")
        _require(self.encoding in ENCODINGS, "encoding", self.encoding, f"one of {', '.join(ENCODINGS)}")
        _require(self.order in ORDERS, "order", self.order, f"one of {', '.join(ORDERS)}")
        if self.encoding == "bipolar":
            _require(self.bits == 1, "bits", self.bits, "1 for a bipolar element")
        _require(self.bits <= _MAX_BITS, "bits", self.bits, f"at most {_MAX_BITS}")
        used = self.elements_per_beat * self.bits
        fits = self.tdata_bits % 8 == 0 and self.tdata_bits >= used
        _require(fits, "tdata_bits", self.tdata_bits, f"a multiple of 8 and at least {used}")

    @property
    def beats_per_frame(self) -> int:
        """Beats that one frame takes."""
        return -(-self.elements_per_frame // self.elements_per_beat)

    @property
    def bytes_per_beat(self) -> int:
        """Width of ``tdata`` in bytes."""
        return self.tdata_bits // 8

    @property
    def lo(self) -> int:
        """The least value that an element can hold."""
        if self.encoding == "bipolar":
            return -1
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def hi(self) -> int:
        """The greatest value that an element can hold."""
        if self.encoding == "bipolar":
            return 1
        return (1 << (self.bits - self.signed)) - 1

    def pack(self, frames: NDArray[np.integer]) -> NDArray[np.uint8]:
        """Integers (N, elements_per_frame) to beats (N, beats_per_frame, bytes_per_beat), little endian.

        Element 0 of a beat is in its least significant bits; unfilled lanes and pad bits are zero.
        Raises InterfaceError if the shape or type is wrong or a value does not fit in an element.
        """
        self._check_frames(frames)
        beats = np.empty((len(frames), self.beats_per_frame, self.bytes_per_beat), np.uint8)
        for part in self._chunks(len(frames)):
            beats[part] = self._pack_chunk(frames[part])
        return beats

    def unpack(self, beats: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Beats (N, beats_per_frame, bytes_per_beat) to integers (N, elements_per_frame): undoes `pack`.

        Raises InterfaceError if the shape or type is wrong or a bit that carries no element is not zero.
        """
        shape = (self.beats_per_frame, self.bytes_per_beat)
        if beats.dtype != np.uint8 or beats.ndim != 3 or beats.shape[1:] != shape:
            raise InterfaceError(
                f"beats must be uint8 of shape (N, {shape[0]}, {shape[1]}), not {_describe(beats)}"
            )
        values = np.empty((len(beats), self.elements_per_frame), np.int64)
        for part in self._chunks(len(beats)):
            values[part] = self._unpack_chunk(beats[part], part.start)
        return values

    def _check_frames(self, frames: NDArray[np.integer]) -> None:
        wanted = f"integers of shape (N, {self.elements_per_frame})"
        right_shape = frames.ndim == 2 and frames.shape[1] == self.elements_per_frame
        if frames.dtype.kind not in "iu" or not right_shape:
            raise InterfaceError(f"frames must be {wanted}, not {_describe(frames)}")

    def _chunks(self, frames: int) -> list[slice]:
        step = max(1, _BITS_AT_ONCE // (self.beats_per_frame * self.tdata_bits))
        return [slice(i, min(i + step, frames)) for i in range(0, frames, step)]

    def _pack_chunk(self, frames: NDArray[np.integer]) -> NDArray[np.uint8]:
        n, used = len(frames), self.elements_per_beat * self.bits
        codes = np.ascontiguousarray(self._encode(frames), "<i8")
        as_bytes = codes.view(np.uint8).reshape(n, self.elements_per_frame, 8)
        bits = np.unpackbits(as_bytes, axis=2, count=self.bits, bitorder="little").reshape(n, -1)
        lanes = np.zeros((n, self.beats_per_frame * used), np.uint8)
        lanes[:, : bits.shape[1]] = bits
        tdata = np.zeros((n, self.beats_per_frame, self.tdata_bits), np.uint8)
        tdata[:, :, :used] = lanes.reshape(n, self.beats_per_frame, used)
        return np.packbits(tdata, axis=2, bitorder="little")

    def _unpack_chunk(self, beats: NDArray[np.uint8], first_frame: int) -> NDArray[np.int64]:
        n, used = len(beats), self.elements_per_beat * self.bits
        tdata = np.unpackbits(beats, axis=2, bitorder="little")
        lanes = tdata[:, :, :used].reshape(n, -1)
        filled = self.elements_per_frame * self.bits
        for pad in (tdata[:, :, used:].reshape(n, -1), lanes[:, filled:]):
            dirty = np.flatnonzero(pad.any(axis=1))
            if dirty.size:
                raise InterfaceError(
                    f"frame {first_frame + dirty[0]}: bits that carry no element must be zero"
                )
        bits = lanes[:, :filled].reshape(n, self.elements_per_frame, self.bits)
        as_bytes = np.zeros((n, self.elements_per_frame, 8), np.uint8)
        packed = np.packbits(bits, axis=2, bitorder="little")
        as_bytes[:, :, : packed.shape[2]] = packed
        return self._decode(as_bytes.view("<i8")[:, :, 0].astype(np.int64))

    def _encode(self, values: NDArray[np.integer]) -> NDArray[np.int64]:
        wrong = (values < self.lo) | (values > self.hi)
        if self.encoding == "bipolar":
            wrong |= values == 0
        if wrong.any():
            accepted = "-1 or +1" if self.encoding == "bipolar" else f"from {self.lo} to {self.hi}"
            raise InterfaceError(f"a value of this stream must be {accepted}, not {values[wrong][0]}")
        codes = values.astype(np.int64)
        return (codes + 1) // 2 if self.encoding == "bipolar" else codes

    def _decode(self, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        if self.encoding == "bipolar":
            return 2 * codes - 1
        return codes - ((codes >> (self.bits - 1)) << self.bits) if self.signed else codes


@dataclass(frozen=True)
class Quantize:
    """How a real input becomes the accelerator's code: ``clip(round(mul * x + add), lo, hi)``, exactly.

    Attributes:
        mul, add: rationals ``"p/q"`` (or ``"p"``), or one for each channel.
        rounding: one of ``ROUNDINGS``.
        lo, hi: the range of the codes, ``lo <= hi``.

    Raises InterfaceError if an attribute is of the wrong type or out of range.
    """

    mul: str | tuple[str, ...]
    add: str | tuple[str, ...]
    rounding: str
    lo: int
    hi: int

    def __post_init__(self) -> None:
        for name in ("mul", "add"):
            object.__setattr__(self, name, _rationals(name, getattr(self, name)))
        lists = [v for v in (self.mul, self.add) if isinstance(v, tuple)]
        _require(
            len({len(v) for v in lists}) <= 1, "mul and add", [len(v) for v in lists], "lists of one length"
        )
        _require(self.rounding in ROUNDINGS, "rounding", self.rounding, f"one of {', '.join(ROUNDINGS)}")
        for name in ("lo", "hi"):
            _require(_is_int(getattr(self, name)), name, getattr(self, name), "an integer")
        _require(self.lo <= self.hi, "lo", self.lo, f"at most hi = {self.hi}")


@dataclass(frozen=True)
class Interface:
    """All of ``interface.json``: both streams, what the output means, and how real inputs are quantized.

    Attributes:
        input, output: the formats of ``s_axis`` and ``m_axis``.
        class_index: the output is the index of one class: one element a frame.
        quantize: from real inputs to codes; its range lies within the input's.

    Raises InterfaceError if the parts do not agree.
    """

    input: StreamFormat
    output: StreamFormat
    class_index: bool
    quantize: Quantize

    def __post_init__(self) -> None:
        _require(isinstance(self.class_index, bool), "class_index", self.class_index, "true or false")
        elements = self.output.elements_per_frame
        if self.class_index:
            _require(elements == 1, "output: elements_per_frame", elements, "1 for a class index")
        lo, hi = self.input.lo, self.input.hi
        fits = lo <= self.quantize.lo and self.quantize.hi <= hi
        found = (self.quantize.lo, self.quantize.hi)
        _require(fits, "quantize: lo and hi", found, f"within the input's range {lo} to {hi}")

    def to_json(self) -> str:
        """The text of ``interface.json``."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Interface:
        """The interface that ``text`` describes. Raises InterfaceError that names the key at fault."""
        try:
            return cls.from_data(parse(text))
        except InterfaceError:
            raise
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
        )

    @classmethod
    def load(cls, path: str | Path) -> Interface:
        """Reads an ``interface.json``. Raises InterfaceError that names the file."""
        try:
            return cls.from_data(read_json(Path(path)))
        except OSError as error:
            raise InterfaceError(f"{path}: cannot be read: {error.strerror or error}") from error
        except ValueError as error:
            raise InterfaceError(f"{path}: {error}") from error


def _part(kind: type[_T], name: str, data: Any) -> _T:
    try:
        _check_keys(kind, data)
        return kind(**data)
    except InterfaceError as error:
        raise InterfaceError(f"{name}: {error}") from error


def _check_keys(kind: type, data: Any) -> None:
    if not isinstance(data, Mapping):
        raise InterfaceError(f"must be an object, not {_short(data)}")
    wanted = [field.name for field in fields(kind)]
    missing = [name for name in wanted if name not in data]
    if missing:
        raise InterfaceError(f"key {missing[0]!r} is missing")
    unknown = [name for name in data if name not in wanted]
    if unknown:
        raise InterfaceError(f"unknown key {_short(unknown[0])}; the keys are {', '.join(wanted)}")


def _rationals(name: str, value: Any) -> str | tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else [value]
    good = len(items) > 0 and all(isinstance(v, str) and _RATIONAL.fullmatch(v) for v in items)
    _require(good, name, value, 'a rational as text like "1/255", or a list of them')
    return value if isinstance(value, str) else tuple(items)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _require(holds: bool, name: str, found: Any, accepted: str) -> None:
    if not holds:
        raise InterfaceError(f"{name} must be {accepted}, not {_short(found)}")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


def _describe(array: NDArray[Any]) -> str:
    return f"{array.dtype} of shape {array.shape}"
