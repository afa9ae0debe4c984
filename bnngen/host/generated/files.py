"""Writes the programs that talk to a design into the folder ``host`` of its build."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from bnngen.base.files import make_folder, write_bytes, write_text
from bnngen.host.generated.decision import decision_of
from bnngen.host.generated.encoding import Number, Word, columns_of, real_input_of, resize_of, sample_of
from bnngen.host.generated.quoting import FILTERS, c_text, python_text
from bnngen.host.protocol import Protocol
from bnngen.reference.network import Network
from bnngen.reference.preprocessing import Preprocessing
from bnngen.reference.resized_samples import ResizedSamples
from bnngen.reference.sample_thermometer import SampleThermometer
from bnngen.reference.table_file import MISSING
from bnngen_sim.interface import Interface
from bnngen_sim.link import SerialLink
from bnngen_sim.stream_format import StreamFormat

ARDUINO = "bnn_host_arduino.zip"
"""The library that the Arduino IDE takes."""
TEXTS = ("README.md", "bnn_host.py", "bnn_host.c", "bnn_host.h", "bnn_host_mp.py")
HOST_FILES = (*TEXTS, ARDUINO)
"""The files that `write_host_files` writes."""
_IN_LIBRARY = {
    "library.properties": "library.properties",
    "README.md": "README.md",
    "src/bnn_host.h": "bnn_host.h",
    "src/bnn_host.c": "bnn_host.c",
    "examples/ask/ask.ino": "ask.ino",
}
"""Where the library has which text."""
_CRC_POLYNOMIAL = 0xEDB88320


def write_host_files(network: Network, interface: Interface, link: SerialLink, folder: Path) -> None:
    """Write `HOST_FILES` into ``folder``, for the design of ``network`` behind this ``link``, whose protocol
    is the second. The same design gives the same bytes. Raises UsageError if ``folder`` can't be written."""
    texts = host_texts(network, interface, link)
    make_folder(folder)
    for name in TEXTS:
        write_text(folder / name, texts[name])
    write_bytes(folder / ARDUINO, _library({place: texts[name] for place, name in _IN_LIBRARY.items()}))


def host_texts(network: Network, interface: Interface, link: SerialLink) -> dict[str, str]:
    """The text of each file, by the name of its template."""
    environment = Environment(
        loader=PackageLoader("bnngen.host.generated", "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(FILTERS)
    facts = _facts(network, interface, link)
    names = dict.fromkeys((*TEXTS, *_IN_LIBRARY.values()))
    return {name: environment.get_template(f"{name}.j2").render(facts) for name in names}


def _facts(network: Network, interface: Interface, link: SerialLink) -> dict[str, Any]:
    """What the templates may name."""
    rules, type_ = network.names.preprocessing, network.quantizer.type
    columns = columns_of(rules, type_) if isinstance(rules, Preprocessing) else ()
    sample = sample_of(rules, type_) if isinstance(rules, SampleThermometer) else None
    grid = real_input_of(network) if rules is None or isinstance(rules, ResizedSamples) else None
    raw, resize, values = bool(columns or grid or sample), None, network.elements_in
    if isinstance(rules, (SampleThermometer, ResizedSamples)):
        resize = None if rules.resize is None else resize_of(rules.resize, rules.places_last)
        values = rules.values if raw else values
    decision = decision_of(network)
    return {
        "link": link,
        "protocol": Protocol.of(interface, link),
        "input": interface.input,
        "input_range": _range(interface.input),
        "output": interface.output,
        "names": network.names,
        "columns": columns,
        "grid": grid,
        "sample": sample,
        "resize": resize,
        "c_value": f"{resize.type}_t" if resize else "float",
        "raw": raw,
        "values": values,
        "decision": decision,
        "plain": (decision.factors, decision.shift, decision.offsets) == ((1,), 0, (0,)),
        "missing": sorted(MISSING),
        "crc_table": [_crc_entry(k) for k in range(16)],
        "example": _example(columns, "[", "]", python_text, repr) if columns else "values",
        "c_example": _example(columns, "", "", c_text, "{!r}f".format),
        "c_code": 1 if type_.bipolar else max(0, type_.lo),
    }


def _range(stream: StreamFormat) -> str:
    return "-1 or +1" if stream.encoding == "bipolar" else f"{stream.lo} to {stream.hi}"


def _example(columns: tuple[Number | Word, ...], left: str, right: str, text: Any, number: Any) -> str:
    """A row of values such as training has met: the first words, the middle thresholds."""
    values = [
        text(column.words[0])
        if isinstance(column, Word)
        else number(column.thresholds[len(column.thresholds) // 2] if column.thresholds else 0.0)
        for column in columns
    ]
    return left + ", ".join(values) + right


def _crc_entry(nibble: int) -> int:
    for _ in range(4):
        nibble = nibble >> 1 ^ (_CRC_POLYNOMIAL if nibble & 1 else 0)
    return nibble


def _library(texts: dict[str, str]) -> bytes:
    """A ZIP file of the texts, whose entries have no date."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, text in texts.items():
            archive.writestr(zipfile.ZipInfo(f"bnn_host/{place}"), text, zipfile.ZIP_DEFLATED)
    return made.getvalue()
