"""From any model that can be read to a clean file, proved to be read as the same network."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from bnngen.base.errors import ModelError
from bnngen.convert.network_file import metadata_of, network_file
from bnngen.convert.provenance import layers_read
from bnngen.convert.same import difference
from bnngen.frontend.choices import ImportChoices
from bnngen.frontend.chosen import input_name
from bnngen.frontend.model_file import WholeModel, read_whole_model
from bnngen.passes.from_file import NO_CHOICES, named, network_of, read_with
from bnngen.passes.lower import lower
from bnngen.reference.network import Network
from bnngen.reports.results import ConvertRecord


class Converted(NamedTuple):
    """A clean file's bytes, its network, what was read of its source, and the files beside that."""

    contents: bytes
    network: Network
    record: ConvertRecord
    beside: tuple[Path, ...]


def convert(path: str | Path, choices: ImportChoices = NO_CHOICES) -> Converted:
    """The clean file of the model ``path``, with what it leaves open as ``choices`` say.

    The same source and choices give the same bytes. Raises as `bnngen.load`, and ModelError for a network
    that no file can hold.
    """
    return convert_model(read_whole_model(path), Path(path).name, choices)


def convert_model(whole: WholeModel, name: str, choices: ImportChoices = NO_CHOICES) -> Converted:
    """The same of a model called ``name``."""
    read = read_with(whole.model, choices)
    network, made = named(lower(read.graph), whole.model, choices), choices.to_dict()
    graph = read.model.graph
    ends = input_name(read.model), graph.output[0].name
    model = network_file(
        network, graph.name or "network", *ends, metadata_of(read.model, network, name, made)
    )
    contents = model.SerializeToString(deterministic=True)
    again = network_of(WholeModel(model, contents), name)
    if (found := difference(network, again)) is not None:
        layer, what = found
        raise ModelError(
            layer, f"is read otherwise from the clean file: {what} differs; please report this model"
        )
    quantizer = network.quantizer
    record = ConvertRecord(
        source=name,
        input=f"{quantizer.type}, rounding {quantizer.rounding}",
        output="class index" if network.class_index else str(network.output_type),
        choices=made,
        layers=layers_read(read, network),
    )
    return Converted(contents, again, record, whole.beside)
