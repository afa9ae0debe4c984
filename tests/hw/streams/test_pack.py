"""Pack and Unpack against slicing of lists, with exact cycle numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import bench

from bnngen_hw.streams.pack import Pack, Unpack

WIDTH = 3
SHAPES = st.tuples(st.integers(1, 7), st.integers(1, 5))
RATES = {"gap": st.sampled_from([0.0, 0.5]), "stall": st.sampled_from([0.0, 0.6]), "seed": st.integers(0, 99)}


def joined(beats: Sequence[int]) -> int:
    return sum(beat << (WIDTH * k) for k, beat in enumerate(beats))


def blocks_of(frame: list[int], per_block: int) -> list[list[int]]:
    return [frame[k : k + per_block] for k in range(0, len(frame), per_block)]


def frames_of(data: st.DataObject, beats: int, count: int = 3) -> list[list[int]]:
    return data.draw(
        st.lists(st.lists(st.integers(0, 7), min_size=beats, max_size=beats), min_size=count, max_size=count)
    )


def cycles(data: st.DataObject, count: int) -> list[int]:
    return data.draw(st.lists(st.integers(0, 3 * count), min_size=count, max_size=count))


@settings(max_examples=25, deadline=None)
@given(data=st.data(), shape=SHAPES, **RATES)
def test_pack(data: st.DataObject, shape: tuple[int, int], gap: float, stall: float, seed: int) -> None:
    frames = frames_of(data, shape[0])
    blocks = [joined(block) for frame in frames for block in blocks_of(frame, shape[1])]
    sent = [beat for frame in frames for beat in frame]
    assert (
        bench(Pack(WIDTH, *shape)).run(sent, len(blocks), gap=gap, stall=stall, seed=seed).outputs == blocks
    )


@settings(max_examples=25, deadline=None)
@given(data=st.data(), shape=SHAPES, repeats=st.integers(1, 3), **RATES)
def test_unpack(
    data: st.DataObject, shape: tuple[int, int], repeats: int, gap: float, stall: float, seed: int
) -> None:
    beats, per_block = shape if repeats == 1 else (shape[0], shape[0])
    frames = frames_of(data, beats)
    blocks = [joined(block) for frame in frames for block in blocks_of(frame, per_block)]
    wanted = [beat for frame in frames for beat in frame * repeats]
    unpack = Unpack(WIDTH, beats, per_block, repeats)
    assert bench(unpack).run(blocks, len(wanted), gap=gap, stall=stall, seed=seed).outputs == wanted


@settings(max_examples=25, deadline=None)
@given(data=st.data(), shape=SHAPES)
def test_pack_timing(data: st.DataObject, shape: tuple[int, int]) -> None:
    blocks = -(-shape[0] // shape[1])
    bench(Pack(WIDTH, *shape)).check_arrivals([1] * shape[0], blocks, cycles(data, shape[0]))
    bench(Pack(WIDTH, *shape)).check_interval([1] * shape[0], blocks)


@settings(max_examples=25, deadline=None)
@given(data=st.data(), shape=SHAPES, repeats=st.integers(1, 3))
def test_unpack_timing(data: st.DataObject, shape: tuple[int, int], repeats: int) -> None:
    beats, per_block = shape if repeats == 1 else (shape[0], shape[0])
    blocks = -(-beats // per_block)
    unpack = Unpack(WIDTH, beats, per_block, repeats)
    bench(unpack).check_arrivals([1] * blocks, beats * repeats, cycles(data, blocks))
    bench(unpack).check_interval([1] * blocks, beats * repeats)


def test_only_whole_frames_repeat() -> None:
    with pytest.raises(ValueError, match="only a frame of one block can be repeated, not 5 beats in 2s"):
        Unpack(WIDTH, 5, 2, repeats=2)


@pytest.mark.parametrize("make", [lambda: Pack(3, 0, 1), lambda: Unpack(3, 1, 0)])
def test_empty_frames_are_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="at least one beat"):
        make()
