"""Is a model file read right, or refused? Compared with an independent evaluation wherever both accept."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.reference.op_run import RuntimeTypeError

import bnngen
from bnngen.numbers.exact import ExactArray
from bnngen.reference.network import Host, Network
from tests.fuzz import runtime
from tests.fuzz.guard import guarded
from tests.fuzz.limits import OutOfTimeError, cpu_limit
from tests.fuzz.operators import root
from tests.fuzz.reference import Reference
from tests.fuzz.verdict import Verdict

NOISE = 1e-9
"""How far doubles may be off, as a share of the greatest output of a frame; a wrong integer is further off."""
FLOAT_NOISE, LEAST_FLOAT = 1e-3, 1e-3
"""The same for single precision, as a share of the greatest output of all; below the second number nothing counts."""
TREMORS = 16
"""How often constants are shaken."""
MOST_EXACT = 4
"""Frames that are evaluated in fractions, which is slow."""
MOST_ELEMENTS = 1 << 18
"""Of a frame that is evaluated."""
MIXED_TYPES = (TypeError, RuntimeTypeError)
"""What the evaluator raises for numbers of different types, which bnngen takes for what they are."""
SINGLE_SUMS = 2.0**110
"""Of numbers below it no sum in single precision is infinite."""
MIXED_BRANCHES = "should share the same dtype"
"""What it says of a Where whose branches have different types."""


@dataclass(frozen=True)
class Answer:
    """What bnngen says of a file: the network, its integers for the frames ``x``, the outputs and classes."""

    network: Network
    x: NDArray[np.float64]
    y: NDArray[np.int64]
    real: NDArray[np.float64]
    classes: NDArray[np.int64]


def judge_model(contents: bytes) -> Verdict:
    """What bnngen makes of a model file with these ``contents``."""
    answer = guarded(lambda: _answer(contents))
    if isinstance(answer, Verdict):
        return answer
    try:
        with cpu_limit():
            return _compared(contents, answer)
    except OutOfTimeError:
        return Verdict("unevaluated", "the evaluator takes too long")


def _answer(contents: bytes) -> Answer | Verdict:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        path.write_bytes(contents)
        network = bnngen.load(path)
    if network.elements_in > MOST_ELEMENTS:
        return Verdict("unevaluated", "too large")
    x = frames(network.model_shape, zlib.crc32(contents))
    y = bnngen.golden(network, x)
    return Answer(network, x, y, _real_outputs(network, y), network.classes(y))


def frames(shape: tuple[int, ...], seed: int) -> NDArray[np.float64]:
    """Frames on binary grids, on which doubles seldom round: small and large, coarse and fine."""
    random = np.random.default_rng(seed)

    def grid(count: int, most: int, step: float) -> NDArray[np.float64]:
        return random.integers(-most, most + 1, (count, *shape)) * np.float64(step)

    parts = [np.zeros((1, *shape)), grid(6, 8, 1 / 4), grid(4, 128, 1 / 32), grid(1, 1, 1.0)]
    parts += [grid(2, 1 << 12, 1.0), grid(1, 1 << 40, 1.0), grid(1, 1 << 10, 2.0**-20)]
    return np.concatenate(parts)


def _real_outputs(network: Network, y: NDArray[np.int64]) -> NDArray[np.float64]:
    """The outputs (frames, elements) in the file's order."""
    real = y.astype(np.float64) if network.class_index else network.host.real_outputs(y)
    return real.reshape(len(real), -1)


def _compared(contents: bytes, answer: Answer) -> Verdict:
    network, x, real = answer.network, answer.x, answer.real
    model = onnx.ModelProto.FromString(contents)
    try:
        reference = Reference(model)
        batch, expected = _expected(reference, x)
    except NotImplementedError as error:
        return Verdict("wrong", "unknown operator", str(error))
    except Exception as error:
        mixed = isinstance(error, MIXED_TYPES) or MIXED_BRANCHES in str(error)
        unable = mixed or isinstance(error, MemoryError | UnicodeDecodeError)  # the latter of a name
        kind = "unevaluated" if unable else "permissive"
        return Verdict(kind, f"{type(error).__name__}, {_checked(model)}", str(error))
    if real.shape != expected.shape:
        return Verdict("wrong", "shape", f"{real.shape[1]} outputs a frame, {expected.shape[1]} are right")
    doubtful = _differing(real, expected)
    if _has_scores(network):
        doubtful = np.union1d(doubtful, np.flatnonzero(expected.argmax(axis=1) != answer.classes))
    if not len(doubtful):
        return _second_opinion(model, reference, x, batch, expected)
    return _decided(reference, answer, doubtful, batch)


def _second_opinion(
    model: onnx.ModelProto,
    reference: Reference,
    x: NDArray[np.float64],
    batch: int | None,
    expected: NDArray[Any],
) -> Verdict:
    """onnxruntime computes in floats, which round across thresholds now and then, but not in most frames; where they
    do, so does what is shaken a little."""
    other = runtime.outputs(model, x, batch)
    if other is None or len(other) != len(x):
        return Verdict("agrees")
    other = other.reshape(len(x), -1).astype(np.float64)
    if other.shape != expected.shape:
        return Verdict("wrong", "shape", f"{other.shape[1]} outputs a frame by onnxruntime")
    finite = np.isfinite(other).all(axis=1)
    noise = FLOAT_NOISE * np.abs(expected).max(initial=LEAST_FLOAT)
    differing = np.flatnonzero((np.abs(other - expected) > noise).any(axis=1) & finite)
    if len(differing) > finite.sum() / 2:
        for seed in range(TREMORS):
            shaken = reference.shaken(x, batch, seed).reshape(expected.shape)
            moved = np.flatnonzero((np.abs(shaken - expected) > noise).any(axis=1))
            differing = np.setdiff1d(differing, moved)
    if len(differing) > finite.sum() / 2 and reference.greatest(x) < SINGLE_SUMS:
        return Verdict("wrong", "by onnxruntime", f"it says {other[differing[0]].tolist()}")
    return Verdict("agrees")


def _has_scores(network: Network) -> bool:
    return not network.class_index and network.host.head is None and len(network.output_shape) == 1


def _expected(reference: Reference, x: NDArray[np.float64]) -> tuple[int | None, NDArray[Any]]:
    """The outputs (frames, elements) and the batch size: the file's own, else all frames at once; where that
    does not work, one by one."""
    for size in dict.fromkeys((reference.batch, 1)):
        padded = np.resize(x, (-(-len(x) // (size or 1)) * (size or 1), *x.shape[1:]))
        try:
            expected = reference.real(padded, size)
        except Exception:
            if size == 1:
                raise
            continue
        if len(expected) == len(padded):
            return size, expected.reshape(len(padded), -1)[: len(x)]
    raise ValueError(f"{len(x)} frames give an output of shape {expected.shape}")


def _differing(real: NDArray[Any], expected: NDArray[Any]) -> NDArray[np.int64]:
    """The frames whose outputs are further apart than noise."""
    greatest = np.abs(expected).max(axis=1, keepdims=True, initial=0)
    with np.errstate(invalid="ignore"):
        near = (np.abs(real - expected) <= NOISE * greatest) | (real == expected)
    return np.flatnonzero(~near.all(axis=1))


def _decided(reference: Reference, answer: Answer, doubtful: NDArray[np.int64], batch: int | None) -> Verdict:
    """Doubles may round across a threshold: fractions tell who is right."""
    network, chosen = answer.network, doubtful[:MOST_EXACT]
    if batch is not None and batch > 1:  # all frames of the batch in which the first of them is
        start = int(doubtful[0]) // batch * batch
        chosen = np.arange(start, start + batch) % len(answer.x)
    try:
        right = reference.exact(answer.x[chosen], batch).reshape(len(chosen), -1)
    except Exception as error:
        return Verdict("wrong", "in doubles", f"frames {doubtful.tolist()}; in fractions: {error!r}")
    y = answer.y[chosen]
    ours = y if network.class_index else _exact_outputs(network.host, y)
    for frame, a, b in zip(chosen.tolist(), ours, right, strict=True):
        if not _equal(a, b, network.host.head is not None):
            found, wanted = (np.asarray(v, float).tolist() for v in (a, b))
            return Verdict("wrong", "outputs", f"frame {frame}: {found}, right are {wanted}")
        best = max(range(len(b)), key=lambda c: (b[c], -c))
        if _has_scores(network) and answer.classes[frame] != best:
            return Verdict("wrong", "class", f"frame {frame}: {answer.classes[frame]}, right is {best}")
    return Verdict("undecided", "", f"frames {chosen.tolist()} are right in fractions")


def _exact_outputs(host: Host, y: NDArray[np.int64]) -> NDArray[Any]:
    """The outputs (frames, elements) as fractions; behind a Softmax, doubles."""
    if host.head is not None:
        return host.real_outputs(y).reshape(len(y), -1)
    y = (y if host.order is None else y[:, host.order]).astype(object)
    mul, add = (np.repeat(_fractions(p), y.shape[1] // len(p)) for p in (host.mul, host.add))
    result: NDArray[Any] = y * mul + add
    return result


def _fractions(values: ExactArray) -> NDArray[Any]:
    found = np.empty(values.shape, object)
    for index, value in np.ndenumerate(values):
        found[index] = sum((c * root(Fraction(r)) for r, c in value.terms.items()), Fraction(0))
    return found


def _equal(ours: NDArray[Any], right: NDArray[Any], softmax: bool) -> bool:
    """Up to what square roots are off, or, behind a Softmax, doubles."""
    if softmax:
        return bool((np.abs(ours - right.astype(np.float64)) <= NOISE).all())
    greatest = max(map(abs, right), default=0)
    return all(
        a == b or abs(a - b) <= Fraction(1, 1 << 200) * greatest for a, b in zip(ours, right, strict=True)
    )


def _checked(model: onnx.ModelProto) -> str:
    """onnx's own opinion of a file."""
    try:
        onnx.checker.check_model(model, full_check=True)
    except Exception:
        return "not valid"
    return "valid"
