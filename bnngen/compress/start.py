"""What a student begins as: a network that knows nothing, or the larger one pruned to the student's sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bnngen.base.errors import RecipeError, UsageError
from bnngen.compress.choices import Starts
from bnngen.train.checkpoint import finished_run
from bnngen.train.inputs import Prepared
from bnngen.train.prune.table import PruneTable
from bnngen.train.prune.units import neurons
from bnngen.train.recipe import ModelTable, Recipe
from bnngen.train.trainee import build_network

_FREE = ("widths", "dense", "act_bits")
"""What of ``[model]`` a search chooses."""


@dataclass(frozen=True)
class Larger:
    """The network of the finished run in ``folder``, which ``recipe`` has made."""

    folder: Path
    recipe: Recipe

    def pruned_to(self, student: Recipe, prepared: Prepared) -> Recipe:
        """The recipe of a network of the same sizes as ``student``'s that begins as this one, pruned.

        What stays is chosen by the loss: magnitudes say little of weights that are read as signs.
        """
        widths = neurons.widths(build_network(student, prepared))
        prune = PruneTable(unit="neurons", widths=tuple(widths), score="taylor", network=self.folder)
        return student.model_copy(update={"model": self.recipe.model, "prune": prune})


def find_larger(
    path: Path | None, starts: Starts, students: Recipe, bits: Sequence[int], prepared: Prepared
) -> Larger | None:
    """The network at ``path``, if students may begin as it; None if all begin from scratch.

    ``students`` is their recipe with their largest sizes, ``bits`` are those their activations may have.
    Raises UsageError if all are to be pruned, and can't be.
    """
    if starts == "scratch":
        return None
    run = finished_run(path) if path is not None and path.is_dir() else None
    if path is None or run is None:
        obstacle = "it is not the folder of a finished run of bnngen train"
    else:
        obstacle = _obstacle(run[0], students, bits if starts == "pruned" else (), prepared)
        if not obstacle:
            return Larger(path, run[0])
    if starts == "pruned":
        raise UsageError(f"students can't start as '{path}' pruned: {obstacle}; take --start scratch")
    return None


def _obstacle(made: Recipe, students: Recipe, bits: Sequence[int], prepared: Prepared) -> str:
    """Why the network of the recipe ``made`` can't be pruned to ``students``; empty if it can."""
    if made.data != students.data:
        return "it was made with another [data]"
    for name in ModelTable.model_fields:
        its, theirs = (getattr(recipe.model, name) for recipe in (made, students))
        if name not in _FREE and its != theirs:
            return f"its {name} is {its}, that of the students {theirs}"
    if others := [b for b in bits if b != made.model.act_bits]:
        return f"its activations have {made.model.act_bits} bits, some students' {others[0]}"
    if made.prune is not None or students.prune is not None:
        return "a recipe has a [prune] of its own"
    if students.distill is not None and students.distill.feature:
        return "distill.feature does not go together with pruned neurons"
    networks = [build_network(recipe, prepared) for recipe in (made, students)]
    try:
        widths, most = map(neurons.widths, networks)
    except RecipeError:
        return "its layers are not a chain, but have branches that meet again"
    if len(widths) != len(most) or any(few < many for few, many in zip(widths, most, strict=True)):
        return f"its layers have {widths} neurons or channels, the students' up to {most}"
    return ""
