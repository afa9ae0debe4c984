"""One training of a supernet, from the recipe to a folder of which networks can be taken."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from bnngen.base.errors import UsageError
from bnngen.base.files import write_text
from bnngen.base.owned import owned
from bnngen.base.strict_json import read_json
from bnngen.reports.sub_networks import JudgedRecord, SupernetRecord
from bnngen.reports.supernet import PAGE, write_supernet_report
from bnngen.supernet.dimensions import Genes
from bnngen.supernet.judge import Material
from bnngen.supernet.predictor import Judged, held_out_tau
from bnngen.supernet.recipe import DIMENSIONS, load_supernet_recipe
from bnngen.supernet.shared import Shared
from bnngen.supernet.shrink import Shrinking, ShrinkWatcher
from bnngen.supernet.space import Space, checked_space
from bnngen.train.checkpoint import Checkpoint, fitting, load_checkpoint, resume
from bnngen.train.recipe import locating
from bnngen.train.run import device_of, reproducible

RECIPE, LOG, JUDGED = "recipe.toml", "log.jsonl", "judged.json"
FILES = (RECIPE, LOG, JUDGED, PAGE, "checkpoint.pt")
"""What a supernet may leave in its folder."""
SAVED_EVERY = 20
"""So many sub-networks are judged between two saves."""


def train_supernet(path: Path, out: Path, watcher: ShrinkWatcher | None = None) -> SupernetRecord:
    """Train what the recipe at ``path`` describes, and judge some of its sub-networks.

    Leaves in ``out`` ``recipe.toml``, ``log.jsonl``, ``checkpoint.pt`` (the shared weights), ``judged.json``
    (sub-networks with their accuracy on the validation part) and ``supernet.html``. One that was stopped goes
    on behind its last whole epoch. Raises as `bnngen.train.run.train`.
    """
    watcher, recipe = watcher or ShrinkWatcher(), load_supernet_recipe(path)
    with owned(out, FILES), locating(path), reproducible(recipe.train.threads):
        space = checked_space(recipe)
        checkpoint = resume(out, recipe.key)
        write_text(out / RECIPE, path.read_text(encoding="utf-8"))

        def save(state: Checkpoint) -> None:
            state.save(out)
            write_text(out / LOG, "".join(json.dumps(entry) + "\n" for entry in state.log))

        material = Material(space, device_of(recipe))
        material.check_sizes()
        shared = Shrinking(recipe, material, watcher, save).run(checkpoint)
        judged = _judge(material, shared, out, watcher)
        report = _report(material, checkpoint.log, judged)
        write_supernet_report(report, checkpoint.log, out)
    return report


def _judge(material: Material, shared: Shared, out: Path, watcher: ShrinkWatcher) -> list[Judged]:
    """Random sub-networks with their accuracy; those that an earlier run has judged are known."""
    chosen = _chosen(material.space)
    found = _known(out, chosen) if (out / JUDGED).is_file() else []
    accuracies = {tuple(j.genes.values()): j.accuracy for j in found}
    for genes in chosen[len(found) :]:
        key = tuple(genes.values())
        if key not in accuracies:
            accuracies[key] = material.judge(shared, genes)
        found.append(Judged(genes, accuracies[key]))
        watcher.judged(len(found), len(chosen))
        if len(found) % SAVED_EVERY == 0:
            _write_judged(found, out)
    _write_judged(found, out)
    return found


def _chosen(space: Space) -> list[dict[str, int]]:
    """The sub-networks that are judged: some at random, always the same."""
    random = Random(space.recipe.train.seed)
    return [space.random(random, DIMENSIONS) for _ in range(space.recipe.supernet.judged)]


def _known(folder: Path, chosen: Sequence[Genes]) -> list[Judged]:
    """Those of the ``chosen`` networks that were judged in ``folder``."""
    return [j for j, genes in zip(read_judged(folder), chosen, strict=False) if j.genes == genes]


def _write_judged(judged: Sequence[Judged], out: Path) -> None:
    lines = [json.dumps({"genes": j.genes, "accuracy": j.accuracy}) for j in judged]
    write_text(out / JUDGED, "[\n" + ",\n".join(lines) + "\n]\n")


def read_judged(folder: Path) -> list[Judged]:
    """The sub-networks that were judged. Raises UsageError if their file is damaged."""
    path = folder / JUDGED
    try:
        rows: Any = read_json(path)
        return [Judged(dict(row["genes"]), float(row["accuracy"])) for row in rows]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UsageError(f"'{path}' is damaged: delete it, and run bnngen supernet again") from error


def _report(material: Material, log: Sequence[dict[str, Any]], judged: Sequence[Judged]) -> SupernetRecord:
    space = material.space
    return SupernetRecord(
        genes={gene: list(space.choices[gene]) for gene in space.free},
        combinations=space.combinations,
        epochs=len(log),
        seconds=round(sum(entry["seconds"] for entry in log), 1),
        largest_accuracy=log[-1]["validation_accuracy"],
        smallest_accuracy=log[-1]["smallest_accuracy"],
        judged=[
            JudgedRecord(genes=j.genes, weights=material.weight_count(j.genes), accuracy=j.accuracy)
            for j in judged
        ],
        kendall_tau=held_out_tau(space, judged, space.recipe.train.seed),
    )


@dataclass(frozen=True, eq=False)
class Supernet:
    """A finished supernet: its shared weights, the data, the sub-networks that were judged, and the log."""

    folder: Path
    shared: Shared
    material: Material
    judged: list[Judged]
    log: list[dict[str, Any]]

    @property
    def space(self) -> Space:
        """Its sub-networks."""
        return self.material.space


def load_supernet(folder: Path) -> Supernet:
    """The supernet in ``folder``. Raises UsageError if no finished one is there."""
    checkpoint = load_checkpoint(folder) if folder.is_dir() else None
    if checkpoint is None or not checkpoint.finished or not (folder / JUDGED).is_file():
        raise UsageError(
            f"'{folder}' holds no finished supernet: make one by bnngen supernet RECIPE.toml --out DIR"
        )
    recipe = load_supernet_recipe(folder / RECIPE)
    if checkpoint.key != recipe.key:
        raise UsageError(f"'{folder / RECIPE}' is not the recipe that the supernet beside it was made by")
    space = checked_space(recipe)
    material = Material(space, device_of(recipe))
    shared = Shared(space, material.at(space.largest).prepared)
    with fitting():
        shared.load_state_dict(checkpoint.network)
    judged = _known(folder, _chosen(space))
    if len(judged) < recipe.supernet.judged:
        raise UsageError(
            f"'{folder / JUDGED}' holds {len(judged)} of the {recipe.supernet.judged} networks that its "
            "recipe judges: run bnngen supernet again, which judges the others"
        )
    return Supernet(folder, shared.to(material.device), material, judged, checkpoint.log)
