"""The copy of the model file in a build folder: what a later simulation compares with."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path

from bnngen.base.errors import DataError, InterfaceError
from bnngen.base.files import write_bytes
from bnngen.emit.verilog import stream_format
from bnngen.passes.from_file import load
from bnngen.reference.network import Network
from bnngen.reports.build import read_report, weight_bits
from bnngen.reports.records import ModelRecord
from bnngen_sim.interface import Interface

KEPT_MODEL = "model.onnx"
"""Its name."""


def keep_model(network: Network, out: Path) -> ModelRecord:
    """Copy the model file into ``out``; returns what the report says about it."""
    source, bits = network.source, weight_bits(network)
    figures = {"file": None, "sha256": None, "output": "file", "weight_bits": bits, **network.names.listed()}
    if source is not None:
        write_bytes(out / KEPT_MODEL, source.contents)
        digest = hashlib.sha256(source.contents).hexdigest()
        figures |= {"file": source.name, "sha256": digest, "output": source.output}
    return ModelRecord.model_validate(figures)


def kept_model(out: Path) -> tuple[Network, tuple[int, int]]:
    """The network that the build folder ``out`` was made of, and its predicted cycles per frame and latency.

    Raises DataError if ``out`` is not a build folder, or its parts don't belong together.
    """
    report = read_report(out)
    if not (out / KEPT_MODEL).is_file():
        raise DataError(f"'{out}' holds no {KEPT_MODEL}: build it with 'bnngen build'")
    network = load(out / KEPT_MODEL, report.model.output)
    _check_interface(network, out)
    return network, (report.schedule.cycles_per_frame, report.schedule.latency_cycles)


def _check_interface(network: Network, out: Path) -> None:
    """Raises DataError if the interface in the build folder ``out`` is not that of ``network``."""
    path = out / "rtl" / "interface.json"
    if not path.is_file():
        raise DataError(f"'{out}' holds no Verilog: build it with 'bnngen build' up to the step 'verilog'")
    try:
        interface = Interface.load(path)
    except InterfaceError as error:
        raise DataError(f"{error}; build again") from error
    streams = (
        ("input", interface.input, network.elements_in, network.quantizer.type),
        ("output", interface.output, network.elements_out, network.output_type),
    )
    pairs = [("class_index", interface.class_index, network.class_index)]
    for name, found, elements, type_ in streams:
        built = asdict(stream_format(elements, type_, found.elements_per_beat))
        pairs += [(f"{name}.{key}", value, built[key]) for key, value in asdict(found).items()]
    for name, says, does in pairs:
        if says != does:
            raise DataError(f"'{path}': {name} is {says}, that of the kept {KEPT_MODEL} {does}; build again")
