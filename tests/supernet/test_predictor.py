"""Telling the accuracy of networks that were not judged."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from scipy.stats import kendalltau
from support.supernets import MakeSupernet

from bnngen.supernet.predictor import Judged, Predictor, held_out_tau, kendall_tau
from bnngen.supernet.recipe import DIMENSIONS
from bnngen.supernet.space import Space

pytestmark = pytest.mark.train


def judged(space: Space, count: int, noise: float = 0.0) -> list[Judged]:
    """Networks whose accuracy follows a simple law."""
    random, found = Random(0), []
    for _ in range(count):
        genes = space.random(random, DIMENSIONS)
        law = 0.5 + 0.02 * genes["width_0"] + 0.05 * genes["depth_1"] + 0.03 * genes["act_bits"]
        found.append(Judged(genes, law + random.gauss(0, noise)))
    return found


def test_it_learns_a_simple_law(supernet_recipe: MakeSupernet) -> None:
    space = Space(supernet_recipe())
    known, others = judged(space, 60)[:30], judged(space, 60)[30:]
    predicted = Predictor(space, known).predict([j.genes for j in others])
    assert np.abs(predicted - [j.accuracy for j in others]).max() < 0.01
    assert np.array_equal(predicted, Predictor(space, known).predict([j.genes for j in others]))
    assert held_out_tau(space, judged(space, 60)) > 0.8


def test_nothing_is_learned_of_noise(supernet_recipe: MakeSupernet) -> None:
    space = Space(supernet_recipe())
    noise = [Judged(j.genes, Random(k).random()) for k, j in enumerate(judged(space, 80))]
    assert abs(held_out_tau(space, noise)) < 0.4


def test_a_rank_correlation_with_ties() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        a, b = random.integers(0, 6, (2, 30)).astype(float)
        assert kendall_tau(a, b) == pytest.approx(kendalltau(a, b).statistic)
    assert kendall_tau(np.arange(5.0), np.arange(5.0)) == 1
    assert kendall_tau(np.arange(5.0), np.zeros(5)) == 0
