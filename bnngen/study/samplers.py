"""Samplers without memory: what they propose follows from the seed, the slot, and what has been found.

Optuna's samplers draw from a generator that remembers what they drew before; a worker that starts again, or
joins, has another one. Here each proposal gets a sampler and a seed of its own.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

MakeSampler = Callable[[int], BaseSampler]
"""A sampler of Optuna's from a seed, below 2^32."""
FOUND = "bnngen:found"
"""The trial's attribute with what it found beside its values: key, constraints and record."""


def tpe(seed: int) -> BaseSampler:
    """For one direction: Bergstra et al., "Algorithms for hyper-parameter optimization", NeurIPS 2011."""
    return optuna.samplers.TPESampler(seed=seed)


def nsga2(population: int = 50) -> MakeSampler:
    """For several directions, with constraints: Deb et al., "A fast and elitist multiobjective genetic
    algorithm: NSGA-II", IEEE Trans. Evol. Comput. 6 (2002). ``population``: at least 2."""

    def make(seed: int) -> BaseSampler:
        with warnings.catch_warnings():
            # constraints_func is marked as experimental since 2021
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            return optuna.samplers.NSGAIISampler(
                population_size=population, seed=seed, constraints_func=_constraints
            )

    return make


def _constraints(trial: FrozenTrial) -> Sequence[float]:
    return tuple(trial.user_attrs[FOUND]["constraints"])


class Memoryless(BaseSampler):
    """Proposes for the slot ``slot``, which one sets: each parameter, and all that are drawn together, with a
    seed of their own."""

    def __init__(self, make: MakeSampler, seed: int) -> None:
        self._make, self._seed, self.slot = make, seed, 0
        # what may be drawn together follows from the trials without chance; to look through all takes long
        self._space = make(seed)

    def _fresh(self, purpose: str) -> BaseSampler:
        text = f"{self._seed}/{self.slot}/{purpose}"
        return self._make(int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big"))

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """As of the sampler."""
        space: dict[str, BaseDistribution] = self._space.infer_relative_search_space(study, trial)
        return space

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """As of the sampler."""
        drawn: dict[str, Any] = self._fresh("").sample_relative(study, trial, search_space)
        return drawn

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """As of the sampler."""
        return self._fresh(param_name).sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """As of the sampler, which keeps the constraints with the trial."""
        self._fresh("").after_trial(study, trial, state, values)
