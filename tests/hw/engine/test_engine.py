"""DenseEngine against its exact model, over encodings, foldings, thresholds, gaps and backpressure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import bench, ready_is_independent

from bnngen_hw.beats import from_beats, to_beats
from bnngen_hw.encoding import Encoding
from bnngen_hw.engine.engine import DenseEngine
from bnngen_hw.roms.borders import Borders
from bnngen_hw.target import Target

BIPOLAR = Encoding("bipolar", 1)
INPUTS = [BIPOLAR, Encoding("unsigned", 1), Encoding("unsigned", 3), Encoding("signed", 3)]
TARGETS = [Target(4, 1), Target(4, 2, rom_register=True, fanout=2), Target(4, 3), Target(6, 1, fanout=3)]
WEIGHTS = [BIPOLAR, Encoding("signed", 2), Encoding("unsigned", 2), Encoding("signed", 1)]


@st.composite
def engines(draw: st.DrawFn) -> tuple[DenseEngine, np.ndarray]:
    """An engine, with a generator for its inputs. Shapes include N = 1, K = 1, and any folding."""
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    n, k = draw(st.integers(1, 7)), draw(st.integers(1, 14))
    x, w = draw(st.sampled_from(INPUTS)), draw(st.sampled_from(WEIGHTS))
    weights = w.decode(rng.integers(0, 1 << w.bits, (n, k)))
    levels = draw(st.sampled_from([0, 1, 1, 2, 3, 5, 7]))
    reach = int(np.abs(weights).sum(axis=1).max() * max(abs(x.lo), x.hi)) + 2
    thresholds = np.sort(rng.integers(-reach, reach + 1, (n, levels)), axis=1) if levels else None
    invert = rng.integers(0, 2, n).astype(bool) if levels and draw(st.booleans()) else None
    bipolar_out = levels == 1 and draw(st.booleans())
    out_lo = draw(st.sampled_from([0, -2]))
    out = Encoding.for_range(out_lo, out_lo + levels) if levels else Encoding.for_range(-reach, reach)
    engine = DenseEngine(
        weights,
        x,
        w,
        draw(st.integers(1, n)),
        draw(st.integers(1, k)),
        thresholds,
        invert,
        BIPOLAR if bipolar_out else out,
        out_lo,
        target=draw(st.sampled_from(TARGETS)),
        rom_style=draw(st.sampled_from(["block", "logic", "counted"])),
        threshold_style=draw(st.sampled_from(["block", "logic"])),
    )
    return engine, x.decode(rng.integers(0, 1 << x.bits, (4, k)))


@st.composite
def depthwise_engines(draw: st.DrawFn) -> tuple[DenseEngine, np.ndarray]:
    """An engine whose rows have inputs of their own, at positions of a map with a border."""
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    n, k, pe = draw(st.sampled_from([(1, 3, 1), (4, 1, 2), (4, 5, 1), (6, 4, 3), (3, 2, 3)]))
    x, w = draw(st.sampled_from(INPUTS)), draw(st.sampled_from(WEIGHTS))
    weights = w.decode(rng.integers(0, 1 << w.bits, (n, k)))
    levels = draw(st.sampled_from([0, 1, 3]))
    extra = rng.integers(-2, 3, (2, 2, n))
    borders = draw(st.sampled_from([None, Borders(np.array([0, 1]), np.array([1, 0]), extra)]))
    reach = int(np.abs(weights).sum(axis=1).max() * max(abs(x.lo), x.hi)) + 4
    thresholds = np.sort(rng.integers(-reach, reach + 1, (n, levels)), axis=1) if levels else None
    out = Encoding.for_range(0, levels) if levels else Encoding.for_range(-reach, reach)
    engine = DenseEngine(
        weights, x, w, pe, 1, thresholds, None, out, vectors=4, borders=borders, depthwise=True
    )
    return engine, x.decode(rng.integers(0, 1 << x.bits, (8, n, k)))


@settings(max_examples=60, deadline=None)
@given(case=depthwise_engines(), stall=st.sampled_from([0.0, 0.6]), seed=st.integers(0, 99))
def test_rows_with_inputs_of_their_own(case: tuple[DenseEngine, np.ndarray], stall: float, seed: int) -> None:
    engine, vectors = case
    by_fold = vectors.reshape(len(vectors), engine.folds, engine.pe, -1).swapaxes(2, 3)
    sent = to_beats(by_fold.reshape(-1, engine.pe), engine.x_encoding, engine.pe)
    seen = bench(engine).run(sent, len(vectors) * engine.folds, stall=stall, seed=seed)
    assert np.array_equal(outputs(engine, seen.outputs), engine.compute(vectors))
    bench(engine).check_interval(sent[: len(sent) // 2], 4 * engine.folds)


def test_a_depthwise_engine_has_one_input_a_lane() -> None:
    with pytest.raises(
        ValueError, match="a depthwise engine has one input a lane and beat, so simd 1, not 2"
    ):
        DenseEngine(np.ones((2, 4), int), BIPOLAR, BIPOLAR, 2, 2, None, None, BIPOLAR, depthwise=True)


def replayed(engine: DenseEngine, frames: np.ndarray) -> list[int]:
    """The engine's input beats: each frame once per fold."""
    return to_beats(frames.repeat(engine.folds, axis=0), engine.x_encoding, engine.simd)


def outputs(engine: DenseEngine, beats: list[int]) -> np.ndarray:
    return from_beats(beats, len(engine.weights), engine.out, engine.pe)


@settings(max_examples=80, deadline=None)
@given(
    case=engines(),
    gap=st.sampled_from([0.0, 0.5]),
    stall=st.sampled_from([0.0, 0.7]),
    seed=st.integers(0, 99),
)
def test_against_model(case: tuple[DenseEngine, np.ndarray], gap: float, stall: float, seed: int) -> None:
    engine, frames = case
    sent = replayed(engine, frames)
    seen = bench(engine).run(sent, len(frames) * engine.folds, gap=gap, stall=stall, seed=seed)
    assert np.array_equal(outputs(engine, seen.outputs), engine.compute(frames))


@settings(max_examples=30, deadline=None)
@given(case=engines(), data=st.data())
def test_timing(case: tuple[DenseEngine, np.ndarray], data: st.DataObject) -> None:
    engine, frames = case
    sent = replayed(engine, frames[:1])
    times = data.draw(st.lists(st.integers(0, 40), min_size=len(sent), max_size=len(sent)))
    bench(engine).check_arrivals(sent, engine.folds, times)
    bench(engine).check_interval(sent, engine.folds)


def test_model_is_the_definition() -> None:
    """compute() against loops over the definition."""
    rng = np.random.default_rng(7)
    weights, frames = rng.integers(-2, 2, (5, 9)), rng.integers(0, 8, (20, 9))
    thresholds, invert = np.sort(rng.integers(-30, 30, (5, 3)), axis=1), np.array([0, 1, 0, 1, 1], bool)
    args = (weights, Encoding("unsigned", 3), Encoding("signed", 2), 2, 4)
    engine = DenseEngine(*args, thresholds, invert, Encoding("signed", 3), out_lo=-2)
    for frame, row in zip(frames, engine.compute(frames), strict=True):
        for n in range(5):
            dot = sum(int(a) * int(b) for a, b in zip(weights[n], frame, strict=True))
            count = sum(dot >= t for t in thresholds[n])
            assert row[n] == -2 + (3 - count if invert[n] else count)


def test_full_rate_from_the_first_beat() -> None:
    """With a ready sink the credits never run out: one beat a cycle without a gap."""
    engine = xnor(rows=8, columns=6, pe=2, simd=6)
    frames = np.ones((5, 6), np.int64)
    taken = bench(engine).run(replayed(engine, frames), 5 * engine.folds).taken
    assert taken == list(range(len(taken)))


@pytest.mark.parametrize("simd", [6, 3, 1])
def test_ready_is_registered(simd: int) -> None:
    ready_is_independent(xnor(rows=4, columns=6, pe=2, simd=simd))


def test_a_narrow_input_range_narrows_the_accumulator() -> None:
    weights, x, w = np.ones((1, 8), np.int64), Encoding("unsigned", 8), Encoding("signed", 2)
    wide = DenseEngine(weights, x, w, 1, 1, None, None, Encoding("signed", 16))
    narrow = DenseEngine(weights, x, w, 1, 1, None, None, Encoding("signed", 16), x_range=(0, 3))
    assert (wide.roms[1].width, narrow.roms[1].width) == (11, 5)


def test_memory_figures() -> None:
    engine = xnor(rows=8, columns=6, pe=2, simd=3)
    assert [rom.bits for rom in engine.roms] == [8 * 6, 0]
    assert [rom.bits for rom in xnor(rows=2, columns=6, pe=2, simd=6).weight_roms] == [0]


def xnor(rows: int, columns: int, pe: int, simd: int) -> DenseEngine:
    weights = np.random.default_rng(0).integers(0, 2, (rows, columns)) * 2 - 1
    return DenseEngine(weights, BIPOLAR, BIPOLAR, pe, simd, np.zeros((rows, 1), int), None, BIPOLAR)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weights": [1, 1]}, r"weights must be a matrix \(N, K\), not of shape \(2,\)"),
        ({"weights": [[1, 0], [1, 1]]}, "a bipolar element is -1 or"),
        ({"pe": 3}, "pe must be from 1 to 2 for this matrix, not 3"),
        ({"simd": 0}, "simd must be from 1 to 3 for this matrix, not 0"),
        ({"thresholds": [[1]]}, "2 rows of weights, but 1 rows of thresholds"),
        ({"thresholds": [[1, 0], [0, 0]], "out": INPUTS[2]}, "row 0 are not in ascending order"),
        ({"thresholds": None, "out": Encoding("signed", 2)}, "need 3 signed bits, not 2 signed bits"),
        ({"thresholds": None}, "need 3 signed bits, not 1 bipolar bits"),
        ({"x_range": (-2, 1)}, r"inputs \(-2, 1\) do not fit 1 bipolar bits"),
    ],
)
def test_refusals(changes: dict[str, Any], message: str) -> None:
    good = {"weights": [[1, -1, 1], [1, 1, -1]], "x": BIPOLAR, "w": BIPOLAR, "pe": 1, "simd": 1}
    good |= {"thresholds": [[0], [1]], "invert": None, "out": BIPOLAR}
    with pytest.raises(ValueError, match=message):
        DenseEngine(**{**good, **changes})
