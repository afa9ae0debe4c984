"""AXI4-Stream edges: masks, padding to bytes, tlast in and out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Cat
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import Bench, simulate

from bnngen_hw.beats import from_beats, to_beats
from bnngen_hw.edges.axis import AxiStreamSink, AxiStreamSource, tdata_bits
from bnngen_hw.encoding import Encoding

Shape = tuple[int, int, int]
SHAPES = st.tuples(st.integers(1, 13), st.integers(1, 3), st.integers(1, 6))
RATES = {"gap": st.sampled_from([0.0, 0.5]), "stall": st.sampled_from([0.0, 0.6]), "seed": st.integers(0, 99)}


def sink_bench(sink: AxiStreamSink) -> Bench:
    """The payload is tdata with tlast above it."""
    i, o = sink.i, sink.o
    return Bench(sink, (Cat(i.tdata, i.tlast), i.tvalid, i.tready), (o.payload, o.valid, o.ready))


def source_bench(source: AxiStreamSource) -> Bench:
    """The payload is tdata with tlast above it."""
    i, o = source.i, source.o
    return Bench(source, (i.payload, i.valid, i.ready), (Cat(o.tdata, o.tlast), o.tvalid, o.tready))


def frames_of(shape: Shape, seed: int, count: int = 3) -> tuple[np.ndarray, Encoding]:
    elements, bits, _ = shape
    return np.random.default_rng(seed).integers(0, 1 << bits, (count, elements)), Encoding("unsigned", bits)


def dirty(beats: Sequence[int], shape: Shape, per_frame: int, rng: np.random.Generator) -> list[int]:
    """The beats with random bits wherever no element is, and tlast on top."""
    elements, bits, lanes = shape
    width, sent = tdata_bits(lanes, bits), []
    for n, beat in enumerate(beats):
        last = n % per_frame == per_frame - 1
        used = (elements - (per_frame - 1) * lanes if last else lanes) * bits
        sent.append(beat | (int(rng.integers(0, 1 << (width - used))) << used) | (last << width))
    return sent


@settings(max_examples=30, deadline=None)
@given(shape=SHAPES, pace=st.integers(1, 5), **RATES)
def test_sink(shape: Shape, pace: int, gap: float, stall: float, seed: int) -> None:
    frames, encoding = frames_of(shape, seed)
    sink = AxiStreamSink(*shape, gap=pace)
    clean = to_beats(frames, encoding, shape[2])
    sent = dirty(clean, shape, sink.beats, np.random.default_rng(seed))
    assert sink_bench(sink).run(sent, len(clean), gap=gap, stall=stall, seed=seed).outputs == clean


@settings(max_examples=30, deadline=None)
@given(shape=SHAPES, **RATES)
def test_source(shape: Shape, gap: float, stall: float, seed: int) -> None:
    frames, encoding = frames_of(shape, seed)
    source, width = AxiStreamSource(*shape), tdata_bits(shape[2], shape[1])
    sent = to_beats(frames, encoding, shape[2])
    seen = source_bench(source).run(sent, len(sent), gap=gap, stall=stall, seed=seed).outputs
    tdata = [beat & ((1 << width) - 1) for beat in seen]
    assert np.array_equal(from_beats(tdata, shape[0], encoding, shape[2]), frames)
    assert [beat >> width for beat in seen] == ([0] * (source.beats - 1) + [1]) * 3


@settings(max_examples=15, deadline=None)
@given(shape=SHAPES, pace=st.integers(1, 5), data=st.data())
def test_timing(shape: Shape, pace: int, data: st.DataObject) -> None:
    sink, source = AxiStreamSink(*shape, gap=pace), AxiStreamSource(*shape)
    for component, driven in [(sink, sink_bench(sink)), (source, source_bench(source))]:
        beats = component.beats
        times = data.draw(st.lists(st.integers(0, 20), min_size=beats, max_size=beats))
        driven.check_arrivals([0] * beats, beats, times)
        driven.check_interval([0] * beats, beats)


@pytest.mark.parametrize(
    ("tlasts", "errors"),
    [
        ([0, 0, 1, 0, 0, 1], [0, 0, 0, 0, 0, 0, 0]),
        ([0, 0, 0, 0, 0, 1], [0, 0, 0, 1, 1, 1, 1]),
        ([0, 1, 1, 0, 0, 1], [0, 0, 1, 1, 1, 1, 1]),
    ],
)
def test_frame_error_is_sticky(tlasts: list[int], errors: list[int]) -> None:
    sink, seen = AxiStreamSink(5, 1, 2), []

    async def drive(ctx: Any) -> None:
        ctx.set(sink.o.ready, 1)
        ctx.set(sink.i.tvalid, 1)
        for tlast in [*tlasts, 0]:
            seen.append(ctx.get(sink.frame_error))
            ctx.set(sink.i.tlast, tlast)
            await ctx.tick()

    simulate(sink, drive)
    assert seen == errors


def test_frame_error_waits_for_the_handshake() -> None:
    """A wrong tlast that is not taken yet is no error."""
    sink = AxiStreamSink(4, 1, 2)

    async def drive(ctx: Any) -> None:
        ctx.set(sink.i.tlast, 1)
        for _ in range(3):
            await ctx.tick()
            assert not ctx.get(sink.frame_error)

    simulate(sink, drive)


@pytest.mark.parametrize(("lanes", "bits", "width"), [(1, 1, 8), (8, 1, 8), (9, 1, 16), (3, 8, 24)])
def test_tdata_is_whole_bytes(lanes: int, bits: int, width: int) -> None:
    assert tdata_bits(lanes, bits) == width


@pytest.mark.parametrize("kind", [AxiStreamSink, AxiStreamSource])
def test_zero_is_refused(kind: type[AxiStreamSink | AxiStreamSource]) -> None:
    with pytest.raises(ValueError, match="at least 1 element, bit, lane and cycle, not 4, 0, 2, 1"):
        kind(4, 0, 2)
