"""Frames of integers to beats and back: the layout of every stream's payload, in software."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bnngen_hw.encoding import Encoding


def beat_count(elements: int, lanes: int) -> int:
    """How many beats of ``lanes`` elements hold ``elements`` elements."""
    return -(-elements // lanes)


def join_words(codes: NDArray[np.integer] | NDArray[np.bool_], bits: int) -> int:
    """One integer with ``codes[0]`` in the lowest ``bits`` bits, ``codes[1]`` above it, and so on."""
    c = np.asarray(codes, dtype=np.int64)
    planes = (c[:, None] >> np.arange(bits)) & 1
    return int.from_bytes(np.packbits(planes.astype(np.uint8).ravel(), bitorder="little").tobytes(), "little")


def split_word(word: int, count: int, bits: int) -> NDArray[np.int64]:
    """The ``count`` fields of ``bits`` bits of ``word``, the lowest first: the inverse of `join_words`."""
    raw = np.frombuffer(word.to_bytes(-(-count * bits // 8), "little"), np.uint8)
    planes = np.unpackbits(raw, count=count * bits, bitorder="little").reshape(count, bits)
    return planes.astype(np.int64) @ (np.int64(1) << np.arange(bits, dtype=np.int64))


def to_beats(values: NDArray[np.integer], encoding: Encoding, lanes: int) -> list[int]:
    """Frames (n, elements) as the payloads of their beats, frame after frame; unfilled lanes are 0.

    Raises ValueError if a value does not fit the encoding.
    """
    codes = np.atleast_2d(encoding.encode(values))
    beats = beat_count(codes.shape[1], lanes)
    filled = np.pad(codes, ((0, 0), (0, beats * lanes - codes.shape[1])))
    return [join_words(beat, encoding.bits) for beat in filled.reshape(-1, lanes)]


def from_beats(beats: Sequence[int], elements: int, encoding: Encoding, lanes: int) -> NDArray[np.int64]:
    """The frames (n, elements) that these beats carry: the inverse of `to_beats`.

    Raises ValueError if the beats are not a whole number of frames, or a lane that holds no element is
    not zero.
    """
    per_frame = beat_count(elements, lanes)
    if len(beats) % per_frame:
        raise ValueError(f"{len(beats)} beats are not a whole number of frames of {per_frame} beats")
    rows = [split_word(beat, lanes, encoding.bits) for beat in beats]
    codes = np.array(rows, dtype=np.int64).reshape(-1, per_frame * lanes)
    if codes[:, elements:].any():
        raise ValueError("a lane that holds no element is not zero")
    return encoding.decode(codes[:, :elements])
