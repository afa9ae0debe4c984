"""The meaning of a pool over the whole map, and which nodes become one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen.ir.layers import Pooling
from bnngen.ir.window import Window
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.ops.global_max_pool import GlobalMaxPool
from bnngen.ops.lowering import Site, lowered
from bnngen.ops.max_pool import MaxPool
from bnngen_boards.profile import load_board


@given(
    seed=st.integers(0, 999),
    type_=st.sampled_from([BIPOLAR, IntType(0, 3), IntType(-9, 9)]),
    spatial=st.sampled_from([(1,), (7,), (3, 4)]),
)
def test_against_a_window_of_the_maps_size(seed: int, type_: IntType, spatial: tuple[int, ...]) -> None:
    rng = np.random.default_rng(seed)
    least = rng.integers(0, 2, 3).astype(bool)
    codes = [-1, 1] if type_.bipolar else range(type_.lo, type_.hi + 1)
    x = rng.choice(np.array(codes), (2, *spatial, 3))
    pool = GlobalMaxPool(spatial, least, type_)
    assert np.array_equal(pool.compute(x), MaxPool(Window.plain(spatial), spatial, least, type_).compute(x))
    assert pool.output_shape([(*spatial, 3)]) == pool.compute(x).shape[1:]


@pytest.mark.parametrize("kernel", [(3, 4), (3, 3)])
def test_a_window_of_the_maps_size_becomes_one(kernel: tuple[int, int]) -> None:
    site = Site("pool", [BIPOLAR], [(3, 4, 2)])
    layer = lowered(Pooling(Window.plain(kernel), (True,)), site)
    assert isinstance(layer, GlobalMaxPool if kernel == (3, 4) else MaxPool)
    assert layer.least.tolist() == [True, True]


def test_the_ways_to_build_it() -> None:
    pool = GlobalMaxPool((3, 4), np.zeros(6, bool), IntType(0, 3))
    options = list(pool.all_options(load_board("icebreaker")))
    assert [(o.folding.simd, o.cycles, o.resources.bram) for o in options] == [
        (1, 72, 0), (2, 36, 0), (3, 24, 0), (6, 12, 0),
    ]  # fmt: skip


def test_another_shape_is_refused() -> None:
    pool = GlobalMaxPool((4, 4), np.zeros(3, bool), BIPOLAR)
    assert (pool.elements_in, pool.elements_out, pool.weight_bits, pool.operations) == (48, 3, 0, 0)
    with pytest.raises(ValueError, match=r"^takes a tensor of shape \(4, 4, 3\), not of shape \(4, 3\)$"):
        pool.output_shape([(4, 3)])
