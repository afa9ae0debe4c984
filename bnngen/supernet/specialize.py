"""From a supernet to the best network for a board, without training it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from bnngen.api import compile, load
from bnngen.base.errors import FitError
from bnngen.base.files import make_folder, write_text
from bnngen.base.owned import owned
from bnngen.reports.results import RunRecord
from bnngen.reports.specialize import FILES, write_report
from bnngen.reports.sub_networks import ContributionRecord, SpecializedRecord, SubnetRecord
from bnngen.study.storage import opened
from bnngen.study.study import Found, Params, Work
from bnngen.supernet.cost import cost_on
from bnngen.supernet.recipe import DIMENSIONS
from bnngen.supernet.run import Supernet, load_supernet
from bnngen.supernet.search import Specialist, SpecializeWatcher
from bnngen.train.checkpoint import NAME as CHECKPOINT
from bnngen.train.checkpoint import Checkpoint, resume
from bnngen.train.fit import TrainWatcher
from bnngen.train.hardware import BoardTarget, fits_well
from bnngen.train.recipe import Recipe
from bnngen.train.run import reproducible, train

RECIPE = "recipe.toml"
UNTUNED = "untuned"
"""The folder of the winner as it was taken out, where it is trained further."""


@dataclass(frozen=True)
class SpecializeEffort:
    """``trials`` networks are planned; the ``finalists`` best of those that fit are judged, of which the best
    is trained for ``epochs`` more."""

    trials: int = 300
    finalists: int = 10
    epochs: int = 0


def specialize(
    folder: Path,
    target: BoardTarget,
    effort: SpecializeEffort,
    out: Path,
    watcher: SpecializeWatcher | None = None,
    training: TrainWatcher | None = None,
    storage: str | None = None,
) -> SpecializedRecord:
    """Find the sub-network of the supernet in ``folder`` that fits ``target`` and reaches most.

    Leaves in ``out`` what `bnngen.train.run.train` leaves, ``candidates.json`` and ``specialize.html``; with
    ``effort.epochs`` the network as it was taken out is in ``out``/untuned. Workers that call this with one
    ``storage``, and the same arguments but an ``out`` of their own, share the search. Raises FitError if no
    network fits, UsageError if there is no supernet, or files of these names in ``out`` are not bnngen's.
    """
    with opened(storage):
        pass  # one that can't be used is told before all that takes a while
    watcher = watcher or SpecializeWatcher()
    supernet = load_supernet(folder)
    specialist = Specialist(supernet, target, effort.trials, storage, watcher)
    with reproducible(supernet.space.recipe.train.threads):
        with owned(
            out, {*FILES, RECIPE, CHECKPOINT, *(f"{UNTUNED}/{name}" for name in (RECIPE, CHECKPOINT))}
        ):
            candidates, winner = _search(specialist, effort.finalists)
            _take_out(supernet, winner, effort.epochs, out)
        result = train(out / RECIPE, out, training).report
        with owned(out, FILES):
            return _report(specialist, candidates, winner, result, out)


def _search(specialist: Specialist, finalists: int) -> tuple[list[SubnetRecord], SubnetRecord]:
    """The networks that fit, with what the best of them get of the validation part, and the winner."""
    candidates = specialist.run()
    if not candidates:
        raise FitError(
            f"none of {specialist.trials} networks fits {specialist.target.name} at this rate; ask for fewer "
            "frames, or train a supernet with smaller ones (fewer channels, blocks or bits)"
        )
    judged = {c.number: c for c in _judge(specialist, candidates, finalists)}
    winner = max(judged.values(), key=lambda c: (c.accuracy, -c.lut, -c.number))
    return [judged.get(c.number, c) for c in candidates], winner


def _judge(specialist: Specialist, candidates: Sequence[SubnetRecord], count: int) -> list[SubnetRecord]:
    """The best candidates, as predicted, with what they get of the whole validation part."""
    finalists = sorted(candidates, key=lambda c: (-c.predicted_accuracy, c.lut))[:count]
    material, shared = specialist.supernet.material, specialist.supernet.shared

    def evaluate(params: Params, number: int) -> Found:
        accuracy = material.judge(shared, finalists[params["finalist"]].genes, whole=True)
        specialist.watcher.judged(number + 1, len(finalists))
        return Found((accuracy,))

    work = Work(
        suggest=lambda trial, number: trial.suggest_int("finalist", number, number),
        evaluate=evaluate,
        waits=specialist.watcher.waits,
    )
    part = f", finals of {[c.number for c in finalists]}"
    trials = specialist.share(part, ("maximize",), len(finalists), work)
    return [
        finalists[trial.params["finalist"]].model_copy(update={"validation_accuracy": trial.found.values[0]})
        for trial in trials
    ]


def _take_out(supernet: Supernet, winner: SubnetRecord, epochs: int, out: Path) -> None:
    """Write the network to ``out`` as the state of a finished run; or to a folder in it, and to ``out`` the
    recipe that trains it for so many ``epochs`` more."""
    folder = out / UNTUNED if epochs else out
    make_folder(folder)
    recipe, genes = supernet.space.sub(winner.genes), winner.genes
    resume(folder, recipe.key)  # refuses a folder with another network, which would be lost
    weights = supernet.material.weights(supernet.shared, genes)
    network = supernet.material.extract(weights, genes, recipe.train.norm_batches)
    Checkpoint(
        recipe.key,
        best=network.copied_state(),
        best_accuracy=winner.accuracy,
        log=supernet.log,
        finished=True,
    ).save(folder)
    _write_recipe(recipe, folder)
    if epochs:
        tuned = recipe.train.model_copy(update={"epochs": epochs, "start": folder})
        _write_recipe(recipe.model_copy(update={"train": tuned}), out)


def _report(
    specialist: Specialist,
    candidates: list[SubnetRecord],
    winner: SubnetRecord,
    result: RunRecord,
    out: Path,
) -> SpecializedRecord:
    """What the search has found, with what the winner's file takes and gets."""
    target = specialist.target
    design = compile(load(out / "model.onnx"), target.board, target.rate)
    if not fits_well(design):
        raise FitError("the trained network takes more than the untrained one did; ask for fewer frames")
    need, told = design.resources, result.to_dict()
    report = SpecializedRecord(
        board=target.name,
        tried=specialist.trials,
        candidates=candidates,
        winner=winner.model_copy(update={"bram": need.bram, "lut": need.lut, "fps": design.fps}),
        contributions=_contributions(specialist, winner),
        untuned_accuracy=winner.accuracy,
        warnings=told.pop("warnings"),
        test=RunRecord(**told),
    )
    write_report(report, out)
    return report


def _write_recipe(recipe: Recipe, folder: Path) -> None:
    write_text(folder / RECIPE, tomli_w.dumps(recipe.model_dump(mode="json", exclude_defaults=True)))


def _contributions(specialist: Specialist, winner: SubnetRecord) -> list[ContributionRecord]:
    """What the winner would be with the largest network's genes in one dimension after another."""
    space, found = specialist.supernet.space, []
    for dimension in DIMENSIONS:
        own = {g: winner.genes[g] for g, values in space.by_dimension[dimension].items() if len(values) > 1}
        if not own:
            continue
        genes = space.canonical(winner.genes | {gene: space.choices[gene][-1] for gene in own})
        cost = cost_on(specialist.supernet.material, genes, specialist.target)
        found.append(
            ContributionRecord(
                dimension=dimension,
                genes=own,
                fits=cost is not None,
                predicted_accuracy=float(specialist.predictor.predict([genes])[0]),
                bram=None if cost is None else cost.bram,
                lut=None if cost is None else cost.lut,
                fps=None if cost is None else cost.fps,
            )
        )
    return found
