"""How well a sub-network does, told from its genes by those that were judged."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

from bnngen.supernet.dimensions import Genes
from bnngen.supernet.space import Space

RESTARTS = 2
"""Of the search for the kernel's parameters."""


@dataclass(frozen=True)
class Judged:
    """A sub-network, and the share of validation samples that it gets right."""

    genes: dict[str, int]
    accuracy: float


class Predictor:
    """A Gaussian process over the free genes, each from 0 (its least value) to 1, with a length of its own:
    Rasmussen and Williams, "Gaussian processes for machine learning", 2006, chapter 5."""

    def __init__(self, space: Space, judged: Sequence[Judged], seed: int = 0) -> None:
        self.space = space
        lengths = RBF(np.ones(max(1, len(space.free))), (0.1, 100))
        kernel = ConstantKernel() * lengths + WhiteKernel(0.1, (1e-4, 1))
        self._process = GaussianProcessRegressor(
            kernel, normalize_y=True, n_restarts_optimizer=RESTARTS, random_state=seed
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a gene that tells nothing has no length
            self._process.fit(self._features([j.genes for j in judged]), [j.accuracy for j in judged])

    def predict(self, several: Sequence[Genes]) -> NDArray[np.float64]:
        """The expected accuracy (N,) of each sub-network."""
        found: NDArray[np.float64] = self._process.predict(self._features(several))
        return found

    def _features(self, several: Sequence[Genes]) -> NDArray[np.float64]:
        rows = [[self._place(gene, genes[gene]) for gene in self.space.free] or [0.0] for genes in several]
        return np.array(rows)

    def _place(self, gene: str, value: int) -> float:
        values = self.space.choices[gene]
        return (value - values[0]) / (values[-1] - values[0])


def held_out_tau(space: Space, judged: Sequence[Judged], seed: int = 0) -> float:
    """Kendall's rank correlation on the second half of ``judged``, of a predictor that knows the first."""
    half = len(judged) // 2
    known, others = judged[:half], judged[half:]
    predicted = Predictor(space, known, seed).predict([j.genes for j in others])
    return kendall_tau(predicted, np.array([j.accuracy for j in others]))


def kendall_tau(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Kendall's tau-b of two rankings (N,), in which there may be ties; 0 if one of them tells nothing.

    Kendall, "The treatment of ties in ranking problems", Biometrika 33, 1945.
    """
    signs = [np.sign(x[:, None] - x[None]) for x in (a, b)]
    untied = [np.count_nonzero(s) for s in signs]
    if not all(untied):
        return 0.0
    return float((signs[0] * signs[1]).sum() / np.sqrt(np.prod(untied, dtype=np.float64)))
