"""Join and Fork: order, encodings, stalls, and how many words wait."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import simulate

from bnngen_hw.beats import join_words, split_word
from bnngen_hw.buffers.join import Join
from bnngen_hw.encoding import Encoding
from bnngen_hw.streams.fork import Fork

Shape = tuple[tuple[Encoding, Encoding], Encoding, tuple[int, int]]
"""The encodings of the inputs and of the output, and how many words of each input make a group."""
Cycles = list[list[int]]
"""For each port, beats or the cycles in which they passed."""

BIT, TWO, THREE = Encoding("bipolar", 1), Encoding("unsigned", 2), Encoding("signed", 3)
SHAPES = [
    ((BIT, BIT), BIT, (1, 1)),
    ((BIT, THREE), THREE, (1, 1)),
    ((TWO, THREE), Encoding("signed", 4), (2, 1)),
]


def drive(
    component: Any,
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    beats: Sequence[Sequence[int]],
    expected: int,
    times: Sequence[np.ndarray] | None = None,
    stall: float = 0.0,
    seed: int = 0,
) -> tuple[Cycles, Cycles, Cycles]:
    """Runs to the end; returns the beats of each output, and the cycles in which they were offered first and
    in which the inputs were taken."""
    rng = random.Random(seed)
    out: Cycles = [[] for _ in outputs]
    offered: Cycles = [[] for _ in outputs]
    taken: Cycles = [[] for _ in inputs]

    async def testbench(ctx: Any) -> None:
        waiting, held = [False] * len(inputs), [False] * len(outputs)
        for cycle in range(4000):
            readies = [rng.random() >= stall for _ in outputs]
            for k, port in enumerate(inputs):
                if not waiting[k] and len(taken[k]) < len(beats[k]):
                    due = rng.random() >= stall if times is None else bool(cycle >= times[k][len(taken[k])])
                    waiting[k] = due
                ctx.set(port.valid, waiting[k])
                ctx.set(port.payload, beats[k][len(taken[k])] if waiting[k] else 0)
            for port, ready in zip(outputs, readies, strict=True):
                ctx.set(port.ready, ready)
            for k, port in enumerate(outputs):
                if ctx.get(port.valid):
                    if not held[k]:
                        offered[k].append(cycle)
                    held[k] = not readies[k]
                    if readies[k]:
                        out[k].append(ctx.get(port.payload))
            for k, port in enumerate(inputs):
                if waiting[k] and ctx.get(port.ready):
                    taken[k].append(cycle)
                    waiting[k] = False
            if all(len(o) >= expected for o in out):
                return
            await ctx.tick()
        pytest.fail(f"no end: {[len(o) for o in out]} of {expected}")

    simulate(component, testbench)
    return out, offered, taken


def make(
    shape: Shape, groups: int, lanes: int, seed: int, capacities: Sequence[int] | None = None
) -> tuple[Join, Cycles, np.ndarray]:
    encodings, wide, counts = shape
    join = Join(lanes, encodings, wide, counts, groups, capacities)
    rng = np.random.default_rng(seed)
    codes = [
        rng.integers(0, 1 << e.bits, (groups * c, lanes)) for e, c in zip(encodings, counts, strict=True)
    ]
    beats = [[join_words(w, e.bits) for w in part] for e, part in zip(encodings, codes, strict=True)]
    values = [e.decode(part).reshape(groups, -1) for e, part in zip(encodings, codes, strict=True)]
    return join, beats, np.concatenate(values, axis=1).reshape(-1, lanes)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(SHAPES),
    st.integers(1, 5),
    st.integers(1, 2),
    st.integers(0, 99),
    st.sampled_from([0, 0.5]),
)
def test_words_in_turn(shape: Shape, groups: int, lanes: int, seed: int, stall: float) -> None:
    join, beats, wanted = make(shape, groups, lanes, seed)
    inputs = [join.i0, join.i1]
    (out,), _, _ = drive(join, inputs, [join.o], beats, len(wanted), stall=stall, seed=seed)
    assert np.array_equal([join.out.decode(split_word(w, lanes, join.out.bits)) for w in out], wanted)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), shape=st.sampled_from(SHAPES), groups=st.integers(1, 5))
def test_timing_and_words_held(data: st.DataObject, shape: Shape, groups: int) -> None:
    """With the queues as long as said every word is taken when it comes; with one shorter, not."""
    pauses = st.sampled_from([1, 1, 2, 6])
    times = []
    for count in shape[2]:
        steps = data.draw(st.lists(pauses, min_size=groups * count, max_size=groups * count))
        times.append(np.cumsum(steps) + data.draw(st.sampled_from([0, 15])))
    probe, _, wanted = make(shape, groups, 1, 0)
    held = probe.words_held(*times)
    join, beats, _ = make(shape, groups, 1, 0, held)
    _, (offered,), taken = drive(join, [join.i0, join.i1], [join.o], beats, len(wanted), times=times)
    assert offered == join.arrivals(*times).tolist()
    assert [list(t) for t in taken] == [list(t) for t in times]
    for k in range(2):
        if held[k] > 1:
            less = [h - (j == k) for j, h in enumerate(held)]
            join, beats, _ = make(shape, groups, 1, 0, less)
            taken = drive(join, [join.i0, join.i1], [join.o], beats, len(wanted), times=times)[2]
            assert list(taken[k]) != list(times[k])


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 3), st.integers(0, 99), st.sampled_from([0, 0.5]))
def test_every_reader_gets_every_beat(readers: int, seed: int, stall: float) -> None:
    fork = Fork(4, readers)
    beats = np.random.default_rng(seed).integers(0, 16, 12).tolist()
    outputs = [getattr(fork, f"o{k}") for k in range(readers)]
    out, _, _ = drive(fork, [fork.i], outputs, [beats], len(beats), stall=stall, seed=seed)
    assert out == [beats] * readers
