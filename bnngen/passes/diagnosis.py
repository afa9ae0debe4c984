"""Everything that keeps a model file from being a network: each layer at fault, why, and what to do."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import onnx

from bnngen.base.errors import ModelError
from bnngen.base.text import shown
from bnngen.frontend.chosen import input_name, with_input_quantizer
from bnngen.frontend.functions import inlined
from bnngen.frontend.input_type import InputType, declared_input
from bnngen.frontend.model_file import read_model
from bnngen.frontend.remedies import PAGE
from bnngen.frontend.survey import FileLayer, Survey
from bnngen.ir.graph import Graph
from bnngen.ir.unread import Unread
from bnngen.passes.ends import NO_QUANTIZER
from bnngen.passes.faults import faults
from bnngen.passes.lower import RULES
from bnngen.passes.rewrite import refusals, rewrite, verify

SECONDS = 10.0
"""After so long no further attempt is made to rewrite what is left of the graph."""


@dataclass(frozen=True)
class Obstacle:
    """A ``layer`` at fault (its name in the file, or that of an end of the network), its ``operator`` (empty
    for what is no node), the ``reason``, and the ``remedy``: what is accepted, or what to do."""

    layer: str
    operator: str
    reason: str
    remedy: str


@dataclass(frozen=True)
class Diagnosis:
    """The ``layers`` of the file in its order, and all ``problems`` in the same order."""

    layers: tuple[FileLayer, ...]
    problems: tuple[Obstacle, ...]


def diagnose(model: str | Path | onnx.ModelProto, first: ModelError) -> Diagnosis:
    """What is in the way of a model, or of that in a file, which was refused with the error ``first``.

    Raises ModelFileError if there is no such file any more.
    """
    model = inlined(model if isinstance(model, onnx.ModelProto) else read_model(model))
    survey = Survey(model)
    try:
        found = [*_in_passes(survey.run()), *survey.problems]
        if (declared := _declared(model, found)) is not None:
            survey = Survey(with_input_quantizer(model, declared))
            found = [*_in_passes(survey.run()), *survey.problems]
    except ModelError as error:  # the file as a whole, before its layers
        names = enumerate(survey.model.graph.node)
        survey.layers = [
            FileLayer(n.name or f"{n.op_type}_{k}", n.op_type, None, "not reached") for k, n in names
        ]
        found = [error]
    if not any(str(error) == str(first) for error in found):
        found.append(first)
    problems = _problems(survey, found)
    blamed = {problem.layer for problem in problems}
    layers = (replace(n, state="refused") if shown(n.name) in blamed else n for n in survey.layers)
    return Diagnosis(tuple(layers), problems)


def _declared(model: onnx.ModelProto, found: Iterable[ModelError]) -> InputType | None:
    """The type of the input that the file says in words, where it has no quantiser there; None if there is no
    need for one. Raises ModelError where it is not whole."""
    if not any(error.problem.startswith(NO_QUANTIZER) for error in found):
        return None
    name = input_name(model)
    declared = declared_input(model, name)
    return None if declared is None else declared.require(name)


def _in_passes(graph: Graph) -> list[ModelError]:
    """What the rewrites refuse, and what is in the way behind them. A layer whose numbers can't be computed
    is taken out, and the rest is tried again."""
    found, end = list[ModelError](), time.monotonic() + SECONDS
    while True:
        try:
            verify(graph)
            rewritten = rewrite(graph, RULES)
            blocked = refusals(rewritten, RULES)
        except ModelError as error:
            found.append(error)
            if graph.maker(error.layer) is None or time.monotonic() > end:
                return found
            if isinstance(graph[error.layer].op, Unread):
                return found
            graph = graph.with_op(error.layer, Unread(graph.shapes[error.layer]))
            continue
        found += [refusal.error() for refusal in blocked]
        return found + faults(rewritten, frozenset(refusal.layer for refusal in blocked))


def _problems(survey: Survey, errors: Iterable[ModelError]) -> tuple[Obstacle, ...]:
    """The errors in the order of the file, each once."""
    operators = {shown(layer.name): layer.operator for layer in survey.layers}
    places = {name: number for number, name in enumerate(operators)}
    found = dict[Obstacle, int]()
    for error in errors:
        layer = shown(survey.origins.get(error.layer) or _original(error.layer, operators))
        reason, remedy = _parted(error)
        problem = Obstacle(layer, operators.get(layer, ""), reason, remedy)
        found.setdefault(problem, places.get(layer, -1))
    return tuple(sorted(found, key=lambda problem: found[problem]))


def _original(name: str, layers: Iterable[str]) -> str:
    """The file's node that a name which a rewrite made comes from; the name itself where there is none."""
    return max((layer for layer in layers if name.startswith(layer)), key=len, default=name)


def _parted(error: ModelError) -> tuple[str, str]:
    """The reason and the remedy of an error. Where its text is in one piece, the remedy is what follows its
    last semicolon, or a colon with an order behind it."""
    if error.remedy:
        return shown(error.problem), shown(error.remedy)
    text = shown(error.problem)
    match = re.fullmatch(r"(.+?); (.+)", text) or re.fullmatch(r"(.+): ([a-z][^:]*)", text)
    return (match[1], match[2]) if match else (text, f"what is accepted is in {PAGE}")
