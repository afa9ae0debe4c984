"""A model file as the integer network that it means."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import onnx

from bnngen.base.errors import ModelError
from bnngen.frontend.choices import ImportChoices
from bnngen.frontend.chosen import chosen, input_name, with_input_quantizer
from bnngen.frontend.functions import inlined
from bnngen.frontend.importer import Importer
from bnngen.frontend.input_type import InputType, declared_input
from bnngen.frontend.model_file import WholeModel, read_whole_model
from bnngen.ir.graph import Graph
from bnngen.ir.step import Step
from bnngen.passes.class_output import with_class_output
from bnngen.passes.ends import input_quantizer
from bnngen.passes.file_names import file_names
from bnngen.passes.lower import RULES, lower
from bnngen.passes.rewrite import rewrite
from bnngen.reference.network import Network, Source

NO_CHOICES = ImportChoices()
Output = Literal["file", "class"]
QUICK, SMALL = 0.5, 1 << 20
"""Seconds in which a file was refused, and bytes that it has: then it is worth while to look for more."""


@dataclass(frozen=True)
class ReadModel:
    """A model as it is read: without local functions, and with every choice made; what its tensors stand
    for; its graph; and whether it says more than the file itself."""

    model: onnx.ModelProto
    importer: Importer
    graph: Graph
    changed: bool


def load(
    path: str | Path,
    output: Output = "file",
    *,
    input: str | InputType | None = None,
    sign_of_zero: str | None = None,
    cut_at: str | None = None,
) -> Network:
    """The integer network of an ONNX file.

    ``output="class"`` adds an argmax where the network ends in scores. What the file leaves open: ``input``,
    the type of its input, such as "uint8:1/255" (see `bnngen.frontend.input_type`); ``sign_of_zero``, what a
    plain Sign gives at 0: "plus", "minus", or "zero" as ONNX says; ``cut_at``, the node or tensor at which
    the network ends.
    Raises ModelFileError or ModelError (see `bnngen.base.errors`), and UsageError for what can't be chosen.
    """
    choices = ImportChoices.of(input, sign_of_zero, cut_at)
    whole, start = read_whole_model(path), time.monotonic()
    try:
        return network_of(whole, Path(path).name, output, choices)
    except ModelError as error:
        small = time.monotonic() - start < QUICK and len(whole.contents) < SMALL
        if small and choices == NO_CHOICES:
            from bnngen.passes.diagnosis import diagnose  # for files that are refused alone

            count = len(diagnose(whole.model, error).problems)
            error.others = f" (bnngen inspect {path} shows all {count} reasons)" if count > 1 else ""
        raise


def network_of(
    whole: WholeModel, name: str, output: Output = "file", choices: ImportChoices = NO_CHOICES
) -> Network:
    """The integer network of a model called ``name``. Its source is a file that needs no choices, ``whole``
    itself where none were made. Raises as `load`."""
    read = read_with(whole.model, choices)
    network = named(lower(read.graph), whole.model, choices)
    if output == "class":
        network = with_class_output(network)
    contents = whole.contents
    if read.changed:
        contents = read.model.SerializeToString(deterministic=True)
    return replace(network, source=Source(name, contents, output))


def named(network: Network, model: onnx.ModelProto, choices: ImportChoices) -> Network:
    """``network`` with the names that its ``model`` carries. Raises ModelFileError if they are damaged."""
    return replace(network, names=file_names(model, network, whole=choices.cut_at is None))


def read_with(model: onnx.ModelProto, choices: ImportChoices = NO_CHOICES) -> ReadModel:
    """The model, read as ``choices`` say. Raises ModelError, and UsageError."""
    whole = inlined(model)
    model = chosen(whole, choices)
    name = input_name(model)
    declared = declared_input(model, name)
    importer = Importer(model)
    graph = importer.run()
    if declared is None and choices.input is None:
        return ReadModel(model, importer, graph, model is not whole)
    if choices.input is not None and declared is not None and not declared.agrees(choices.input):
        raise ModelError(
            name,
            f"{declared.words}, and --input says {choices.input}: one of the two is wrong, or leave out "
            "--input",
        )
    rewritten = rewrite(graph, RULES)
    if _quantizes_its_input(rewritten):
        if choices.input is not None:
            _check_same(rewritten, choices.input)
        return ReadModel(model, importer, rewritten, model is not whole)
    wanted = choices.input
    if wanted is None:
        assert declared is not None
        wanted = declared.require(name)
    model = with_input_quantizer(model, wanted)
    importer = Importer(model)
    return ReadModel(model, importer, importer.run(), changed=True)


def _quantizes_its_input(graph: Graph) -> bool:
    """Whether a quantiser alone reads the input of a rewritten graph."""
    reader = graph.only_consumer(graph.input_name)
    return reader is not None and isinstance(reader.op, Step)


def _check_same(graph: Graph, wanted: InputType) -> None:
    """Raises ModelError if the file's own quantiser at the input makes other codes than the one wanted."""
    reader = graph.consumers(graph.input_name)[0]
    found = input_quantizer(reader)
    if not found.same_codes(wanted.quantizer()):
        raise ModelError(
            reader.name,
            f"quantises the input already, to {found.type} with {found.rounding}, and --input says "
            f"{wanted}: leave out --input",
        )
