"""How integers and the beats of a stream correspond."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import InterfaceError
from bnngen_sim.attributes import is_int, require

ENCODINGS = ("int", "bipolar")
ORDERS = ("NHWC", "NLC", "NC")

_MAX_BITS = 63  # values travel as numpy int64, which holds every unsigned number only up to here
_BITS_AT_ONCE = 1 << 24  # packing spreads each bit over a byte: work in chunks of at most 16 MiB of them
_MAX_ELEMENTS = 1 << 31
_MAX_WIDTH = 1 << 24


@dataclass(frozen=True)
class StreamFormat:
    """One AXI4-Stream and the integer tensor that it carries.

    Raises InterfaceError if an attribute is of the wrong type or out of range.
    """

    elements_per_frame: int
    """Integers in one frame, at least 1."""
    elements_per_beat: int
    """Integers in one beat, at least 1; the last beat of a frame may be partly filled."""
    bits: int
    """Bits of one element, 1 to 63; 1 for a bipolar one."""
    signed: bool
    """Two's complement if true; says nothing for a bipolar element."""
    encoding: str
    """``int``, or ``bipolar`` (bit 0 is -1, bit 1 is +1)."""
    tdata_bits: int
    """Width of ``tdata``, whole bytes, at least ``elements_per_beat * bits``."""
    order: str
    """``NHWC``, ``NLC`` or ``NC``; elements come in C order, channels last."""

    def __post_init__(self) -> None:
        for name in ("elements_per_frame", "elements_per_beat", "bits", "tdata_bits"):
            require(is_int(getattr(self, name)), name, getattr(self, name), "an integer")
            require(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")
            most = _MAX_WIDTH if name == "tdata_bits" else _MAX_ELEMENTS
            require(getattr(self, name) <= most, name, getattr(self, name), f"at most {most}")
        require(isinstance(self.signed, bool), "signed", self.signed, "true or false")
        require(self.encoding in ENCODINGS, "encoding", self.encoding, f"one of {', '.join(ENCODINGS)}")
        require(self.order in ORDERS, "order", self.order, f"one of {', '.join(ORDERS)}")
        if self.encoding == "bipolar":
            require(self.bits == 1, "bits", self.bits, "1 for a bipolar element")
        require(self.bits <= _MAX_BITS, "bits", self.bits, f"at most {_MAX_BITS}")
        used = self.elements_per_beat * self.bits
        fits = self.tdata_bits % 8 == 0 and self.tdata_bits >= used
        require(fits, "tdata_bits", self.tdata_bits, f"a multiple of 8 and at least {used}")

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


def _describe(array: NDArray[Any]) -> str:
    return f"{array.dtype} of shape {array.shape}"
