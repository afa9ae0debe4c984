"""How many images a second the golden model computes, and what it is compared with."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from bench import DIGITS, Row, Settings, Table, benchmark, measure
from numpy.typing import NDArray

import bnngen
from bnngen.ops.dense import Dense
from bnngen.reference.data_file import quantize
from bnngen.reference.network import Network

INT64 = "plain int64 products"
MOST_OPERATIONS = 300_000_000
"""What the plain product computes in some tenths of a second: it takes that many images, of 10,000."""

TARGET = 50_000
MODELS = {"tfc_1w1a_mnist": TARGET, "tfc_2w2a_mnist": None, "lfc_w1a1_mnist": None}
"""Each model of the shared folder and its target in images a second."""


@benchmark("golden")
def golden(settings: Settings) -> list[Table]:
    """The golden model of every network against numpy's own integers, and against packed bits."""
    if settings.shared is None:
        table = _table(DIGITS / "digits_1w1a.onnx", settings, None)
        table.notes.append(f"left out, for want of the shared models: {', '.join(MODELS)}")
        return [table]
    models = settings.shared / "models"
    return [_table(models / f"{name}.onnx", settings, target) for name, target in MODELS.items()]


def _table(path: Path, settings: Settings, target: int | None) -> Table:
    network = bnngen.load(path)
    x = np.random.default_rng(0).integers(0, 256, (settings.frames, *network.model_shape), dtype=np.uint8)
    real = x.astype(np.float64) / 255
    codes = quantize(real, network)
    few = codes[: max(1, settings.frames * MOST_OPERATIONS // (10_000 * operations(network)))]
    programs: dict[str, tuple[NDArray[Any], Callable[[], NDArray[Any]]]] = {
        INT64: (few, lambda: plain(network, few)),
        "Network.run": (codes, lambda: network.run(codes)),
        "golden, float64 images": (codes, lambda: bnngen.golden(network, real)),
        "golden, uint8 images": (quantize(x, network), lambda: bnngen.golden(network, x)),
    }
    if all(layer.op.input_type.bipolar for layer in network.layers if isinstance(layer.op, Dense)):
        some = codes[: 10 * len(few)]
        programs["XNOR and popcount on packed bits"] = (some, lambda: packed(network, some))
    for what, (inputs, program) in programs.items():
        if not np.array_equal(program(), network.run(inputs)):
            sys.exit(f"{path.name}: {what}: wrong outputs")
    found = measure({what: (len(inputs), run) for what, (inputs, run) in programs.items()}, settings.rounds)
    rows = []
    for what, one in found.items():
        ours = target is not None and what in (
            "Network.run",
            "golden, float64 images",
            "golden, uint8 images",
        )
        goal = (f"≥ {target:,}", one.rate >= target) if ours else ("", None)
        rows.append(Row(what, one.rate, "images/s", one.ratio(found[INT64]), *goal))
    return Table(f"golden model of {path.stem}, {settings.frames:,} images", INT64, rows)


def operations(network: Network) -> int:
    """Multiply-accumulates a frame."""
    return sum(layer.op.operations for layer in network.layers if isinstance(layer.op, Dense))


def plain(network: Network, y: NDArray[Any]) -> NDArray[Any]:
    """The network in a few lines of numpy, as one would write it first."""
    for layer in network.layers:
        op = layer.op
        if not isinstance(op, Dense):
            y = op.compute(y)
            continue
        y = y.reshape(len(y), -1) @ op.weights.T
        if op.activation is not None:
            y = activate(op, y)
    return y


def activate(op: Dense, acc: NDArray[Any]) -> NDArray[Any]:
    """The quantiser behind the sums (frames, N) of a layer."""
    assert op.activation is not None
    table, invert = op.activation.thresholds, op.activation.invert
    count = (acc[:, :, None] >= table).sum(axis=2)
    result: NDArray[Any] = op.activation.type.lo + op.activation.step * np.where(
        invert, table.shape[1] - count, count
    )
    return result


def packed(network: Network, y: NDArray[Any]) -> NDArray[Any]:
    """The same with 64 bipolar values in a word: K - 2*popcount(x XOR w), a block of frames at a time."""
    for layer in network.layers:
        op = layer.op
        if not isinstance(op, Dense):
            y = op.compute(y)
            continue
        words, weights = pack(y.reshape(len(y), -1)), pack(op.weights).T.copy()
        block = max(1, (1 << 15) // len(op.weights))
        parts = [differing(words[i : i + block], weights) for i in range(0, len(words), block)]
        y = op.elements_in - 2 * np.concatenate(parts).astype(np.int32)
        if op.activation is not None:
            y = activate(op, y)
    return y


def pack(values: NDArray[Any]) -> NDArray[np.uint64]:
    """+1 and -1 (frames, K) to words (frames, W), one bit each, the rest zero."""
    bits = np.packbits(values > 0, axis=1)
    return np.ascontiguousarray(np.pad(bits, ((0, 0), (0, -bits.shape[1] % 8)))).view(np.uint64)


def differing(words: NDArray[np.uint64], weights: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """words (frames, W), weights (W, N): the number of bits in which each frame and each row differ."""
    count = np.zeros((len(words), weights.shape[1]), np.uint16)
    for column, row in zip(words.T, weights, strict=True):
        count += np.bitwise_count(column[:, None] ^ row)
    return count
