"""Make up the recordings of the tutorial: what a microphone hears at a gate.

Each is half a second, a WAV file of 8,000 samples a second, and lies in the folder with the name of what it
holds. They are random, and always the same ones.
"""

from __future__ import annotations

import argparse
import wave
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

SOUNDS = ("beep_down", "beep_up", "knock", "silence")
TO_LEARN, NEW = 150, 10
"""Recordings of each sound, in the folders ``train`` and ``test``."""
RATE, SAMPLES = 8000, 4000


def main() -> None:
    """Write the folders ``train`` and ``test``, with a folder for each sound in both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder for the recordings")
    out = parser.parse_args().out
    for seed, (name, count) in enumerate((("train", TO_LEARN), ("test", NEW))):
        random = np.random.default_rng(seed)
        for sound in SOUNDS:
            folder = out / name / sound
            folder.mkdir(parents=True, exist_ok=True)
            for number in range(count):
                write(folder / f"{number:03}.wav", record(sound, random))


def write(path: Path, samples: NDArray[np.int16]) -> None:
    """Write a WAV file of one channel."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())


def record(sound: str, random: Generator) -> NDArray[np.int16]:
    """Half a second with the sound somewhere in it, loud or far away, over the hum and noise of the place."""
    time = np.arange(SAMPLES) / RATE
    hum = 0.01 * np.sin(2 * np.pi * (100 * time + random.uniform()))
    noise = random.uniform(0.01, 0.04) * random.normal(size=SAMPLES)
    loudness = random.uniform(0.05, 0.4)
    heard = loudness * make(sound, time - random.uniform(0.02, 0.25), random) + hum + noise
    return (heard.clip(-1, 1) * 32767).round().astype(np.int16)


def make(sound: str, time: NDArray[np.float64], random: Generator) -> NDArray[np.float64]:
    """The sound alone; it begins where ``time``, in seconds, is 0."""
    if sound == "silence":
        return np.zeros_like(time)
    if sound == "knock":
        ringing = np.sin(2 * np.pi * random.uniform(150, 500) * time) + 0.5 * random.normal(size=len(time))
        return np.where(time >= 0, ringing * np.exp(-time.clip(0) / random.uniform(0.01, 0.03)), 0)
    length, low, high = random.uniform(0.15, 0.24), random.uniform(500, 900), random.uniform(1300, 2400)
    first, last = (low, high) if sound == "beep_up" else (high, low)
    pitch = first * time + (last - first) * time**2 / (2 * length)
    return np.where((time >= 0) & (time < length), np.sin(2 * np.pi * pitch), 0)


if __name__ == "__main__":
    main()
