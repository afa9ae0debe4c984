"""The kinds of files that are fuzzed: how a mutant comes to be, who judges it, and how it becomes smaller."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from tests.fuzz import mutate
from tests.fuzz.data_files import make_data, networks
from tests.fuzz.json_files import built, judge_interface, judge_report, make_interface, make_report
from tests.fuzz.judge_data import judge_data
from tests.fuzz.mutant import Mutant
from tests.fuzz.oracle import judge_model
from tests.fuzz.seeds import files, random_seed, seed_of
from tests.fuzz.shrink import smaller_bytes, smaller_models, smaller_text
from tests.fuzz.toml_files import judge_toml, make_toml, network
from tests.fuzz.verdict import Verdict

FILES_SHARE = 0.15
"""Of the mutants of model files: those of files that are there. All others are of files just written."""


@dataclass(frozen=True)
class Kind:
    """``make`` makes a mutant, ``judge`` says what bnngen makes of a file, ``smaller`` proposes simpler files;
    ``prepare`` does what is done once, before any limit."""

    suffix: str
    make: Callable[[Random, Path | None], Mutant]
    judge: Callable[[bytes], Verdict]
    smaller: Callable[[bytes], Iterator[bytes]]
    prepare: Callable[[], object] = lambda: None


def _model(random: Random, shared: Path | None) -> Mutant:
    if random.random() < FILES_SHARE:
        path = random.choice(files(shared))
        seed = seed_of(path.name, path.read_bytes())
    else:
        seed = random_seed(random)
    steps = mutate.chosen(seed.contents, seed.shapes, random)
    return Mutant(seed.name, seed.contents, tuple(steps), partial(mutate.apply, seed.shapes))


def _toml(kind: str, prepare: Callable[[], object] = lambda: None) -> Kind:
    return Kind(f".{kind}.toml", partial(make_toml, kind), partial(judge_toml, kind), smaller_text, prepare)


KINDS = {
    "model": Kind(".onnx", _model, judge_model, smaller_models),
    "data": Kind(".npz", make_data, judge_data, smaller_bytes, networks),
    "profile": _toml("profile", network),
    "recipe": _toml("recipe"),
    "supernet": _toml("supernet"),
    "report": Kind(".report.json", make_report, judge_report, smaller_text, built),
    "interface": Kind(".interface.json", make_interface, judge_interface, smaller_text, built),
}
