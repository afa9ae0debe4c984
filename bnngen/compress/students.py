"""What a search proposes: proportions of layers, bits of activations, and what a student begins as."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from typing import Any, get_args

import optuna

from bnngen.base.errors import FitError
from bnngen.compress.candidate import Candidate
from bnngen.compress.choices import Start, Starts
from bnngen.compress.sizes import Profile, largest
from bnngen.compress.start import Larger
from bnngen.study.study import Entry
from bnngen.train.architectures import find_architecture
from bnngen.train.hardware import DIGITS, BoardTarget, fitted
from bnngen.train.inputs import Prepared
from bnngen.train.recipe import Recipe

LEAST_PART = 0.25
"""No layer gets a smaller part of its own width than this, before all are scaled."""


@dataclass(frozen=True, eq=False)
class Students:
    """The students that may be: of ``recipe``'s architecture, with ``bits`` of activations to choose from,
    each as large as fits ``target``, and learning for ``epochs`` epochs."""

    recipe: Recipe
    prepared: Prepared
    target: BoardTarget
    bits: Sequence[int]
    starts: Starts
    larger: Larger | None
    epochs: int
    _known: dict[str, Candidate] = field(default_factory=dict)

    def suggest(self, trial: optuna.Trial) -> None:
        """Ask for the parameters of a student. What it begins as is one only where it can choose."""
        sizes = find_architecture(self.recipe.model).sizes
        for name, widths in (("width", sizes.widths), ("dense", sizes.dense)):
            for place in range(len(widths)):
                trial.suggest_float(f"{name}_{place}", LEAST_PART, 1.0, log=True)
        act_bits = trial.suggest_categorical("act_bits", tuple(self.bits))
        if self.starts == "both" and self._larger_of(act_bits):
            trial.suggest_categorical("start", get_args(Start))

    def student(self, params: Mapping[str, Any], number: int) -> Candidate:
        """The largest student of these parameters that fits, as ``number``. Raises FitError if there is none.

        It depends on nothing but the parameters and the fields of this object.
        """
        key = json.dumps(params, sort_keys=True)
        if key not in self._known:
            self._known[key] = self._largest(params)
        return replace(self._known[key], number=number)

    def question(self) -> dict[str, Entry]:
        """What the accuracy of a student depends on, beside its parameters, for people who compare."""
        target, larger = self.target, self.larger
        return {
            "bnngen": version("bnngen"),
            "recipe": self.recipe.key[:DIGITS],
            "board": target.digest,
            "fps": str(target.rate),
            "epochs": self.epochs,
            "act_bits": ", ".join(map(str, self.bits)),
            "start": self.starts if larger else "scratch",
            "larger": larger.recipe.key[:DIGITS] if larger else None,
        }

    def _largest(self, params: Mapping[str, Any]) -> Candidate:
        fitting = largest(partial(self._fitted, _profile(params)))
        if fitting is None:
            raise FitError(
                f"no network of architecture '{self.recipe.model.architecture}' fits {self.target.name} "
                "at this rate, however narrow; use fewer layers or fewer bits, or ask for fewer frames"
            )
        recipe, design = fitting[1]
        larger = self._larger_of(params["act_bits"])
        if larger is None or params.get("start", self.starts) == "scratch":
            return Candidate(0, "scratch", recipe.model, recipe, design)
        return Candidate(0, "pruned", recipe.model, larger.pruned_to(recipe, self.prepared), design)

    def _larger_of(self, act_bits: int) -> Larger | None:
        """The network that a student of so many bits may begin as, pruned."""
        found = self.larger
        return None if found is None or found.recipe.model.act_bits != act_bits else found

    def _fitted(self, profile: Profile, scale: float) -> Any:
        recipe = profile.student(self.recipe, scale, self.epochs)
        design = fitted(recipe, self.prepared, self.target)
        return None if design is None else (recipe, design)


def _profile(params: Mapping[str, Any]) -> Profile:
    """The proportions that the parameters say."""

    def parts(name: str) -> tuple[float, ...]:
        count = sum(key.startswith(f"{name}_") for key in params)
        return tuple(params[f"{name}_{place}"] for place in range(count))

    return Profile(parts("width"), parts("dense"), params["act_bits"])
