"""Turn recordings into what a network can learn from: how loud eight bands of pitch are, 30 times in each."""

from __future__ import annotations

import argparse
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SAMPLES, WINDOW, STEP = 4000, 256, 128
"""Samples of a recording, of a piece of it, and from the begin of one piece to that of the next."""
EDGES = np.array([2, 5, 9, 14, 21, 31, 46, 68, 100])
"""Where each band begins, in steps of 31.25 Hz: narrow ones below, wide ones above, as ears have them."""


def main() -> None:
    """Write an NPZ file with the recordings of the folders ``train`` and ``test``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "recordings", type=Path, help="folder with train and test, a folder for each sound in both"
    )
    parser.add_argument("out", type=Path, help="the NPZ file")
    arguments = parser.parse_args()
    sounds = sorted(path.name for path in (arguments.recordings / "train").iterdir())
    arrays = {"classes": np.array(sounds)}
    for part in ("train", "test"):
        paths = [sorted((arguments.recordings / part / sound).glob("*.wav")) for sound in sounds]
        arrays[f"x_{part}"] = np.stack([features(read(path)) for found in paths for path in found])
        arrays[f"y_{part}"] = np.repeat(np.arange(len(sounds)), [len(found) for found in paths])
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(arguments.out, **arrays)


def read(path: Path) -> NDArray[np.int16]:
    """The samples of a WAV file of one channel."""
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(SAMPLES), "<i2")


def features(samples: NDArray[np.int16]) -> NDArray[np.uint8]:
    """The loudness of each band in each piece, (30, 8): 16 steps each time that the power doubles."""
    pieces = np.lib.stride_tricks.sliding_window_view(samples / 32768, WINDOW)[::STEP]
    power = np.abs(np.fft.rfft(pieces * np.hanning(WINDOW), axis=1)) ** 2
    bands = np.add.reduceat(power, EDGES, axis=1)[:, :-1] / np.diff(EDGES)
    return (16 * np.log2(bands + 2.0**-8) + 128).clip(0, 255).round().astype(np.uint8)


if __name__ == "__main__":
    main()
