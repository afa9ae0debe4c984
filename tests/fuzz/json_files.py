"""The files of a build folder, edited by hand: report.json and interface.json, and who reads them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from functools import cache, partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import bnngen
from bnngen.emit.verilog import interface
from bnngen.reports.build import read_report, render_html
from bnngen.toolflow.kept_model import KEPT_MODEL, kept_model
from bnngen.toolflow.pipeline import build
from bnngen_sim.interface import Interface
from tests.fuzz.guard import guarded
from tests.fuzz.mutant import Mutant, Step
from tests.fuzz.seeds import ROOT
from tests.fuzz.verdict import Verdict

NETWORK = "tests/frontend/failures/planted_mixed_channels.onnx"
PATHS = {"report": "report.json", "interface": "rtl/interface.json"}
VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2,
        63,
        64,
        1 << 31,
        10**30,
        0.5,
        1e308,
        float("nan"),
        float("-inf"),
        "",
        "1/3",
    ),
    *(
        "text",
        "1/0",
        "-1",
        "<script>",
        "\x1b[31m",
        "../..",
        "sign",
        "bipolar",
        "file",
        "class",
        [],
        [1],
        ["a"],
        {},
    ),
    *({"a": 1}, [[]], [None], "a" * 10_000),
)
Place = tuple[Any, Any]
"""A list or a table of a document, and an index or a key of it."""


@cache
def built() -> dict[str, bytes]:
    """The files of a small build: those of its estimate, and what is written beside the Verilog."""
    design = bnngen.compile(bnngen.load(ROOT / NETWORK), board="icebreaker", fps=100_000)
    with TemporaryDirectory() as name:
        folder = Path(name)
        build(design, folder, until="estimate")
        files = {kept: (folder / kept).read_bytes() for kept in (KEPT_MODEL, PATHS["report"])}
    return {**files, PATHS["interface"]: interface(design.schedule).to_json().encode()}


def make_json(kind: str, random: Random, shared: Path | None) -> Mutant:
    """One of the two files with one to three changes."""
    names = random.choices(list(CHANGES), weights=WEIGHTS, k=random.choice((1, 1, 2, 3)))
    steps = tuple((name, random.getrandbits(32)) for name in names)
    return Mutant(kind, built()[PATHS[kind]], steps, apply)


def apply(contents: bytes, steps: Sequence[Step]) -> bytes:
    """The file after all ``steps``, those on its text last."""
    document = json.loads(contents)
    for name, seed in steps:
        places = list(_places(document))
        if places:
            document = CHANGES[name](document, *Random(seed).choice(places), Random(seed)) or document
    text = json.dumps(document, indent=2)
    for name, seed in steps:
        if name == "text":
            text = _edited(text, Random(seed))
    return text.encode("utf-8", "surrogateescape")


def _places(document: Any) -> Iterator[Place]:
    """All places of a document where something stands."""
    keys = (
        document if isinstance(document, dict) else range(len(document)) if isinstance(document, list) else ()
    )
    for key in keys:
        yield document, key
        yield from _places(document[key])


def _value(document: Any, parent: Any, key: Any, random: Random) -> None:
    parent[key] = deepcopy(random.choice(VALUES))


def _near(document: Any, parent: Any, key: Any, random: Random) -> None:
    """A number one more, less, doubled or negative; a text with more behind it; a list with more in it."""
    value = parent[key]
    if isinstance(value, int | float):
        parent[key] = random.choice((value + 1, value - 1, value * 2, -value, float(value), str(value)))
    elif isinstance(value, str):
        parent[key] = value + random.choice((" ", "0", "x"))
    elif isinstance(value, list):
        parent[key] = value + value[:1]


def _removed(document: Any, parent: Any, key: Any, random: Random) -> None:
    del parent[key]


def _added(document: Any, parent: Any, key: Any, random: Random) -> None:
    if isinstance(parent, dict):
        parent["more"] = deepcopy(parent[key])
    else:
        parent.insert(0, deepcopy(random.choice(VALUES)))


def _whole(document: Any, parent: Any, key: Any, random: Random) -> Any:
    """Another document: a part of it, or something in its place."""
    return deepcopy(random.choice((parent[key], [document], {"a": document}, "text", 1)))


def _text(document: Any, parent: Any, key: Any, random: Random) -> None:
    """Comes later."""


CHANGES: dict[str, Callable[[Any, Any, Any, Random], Any]] = {
    "value": _value,
    "near": _near,
    "removed": _removed,
    "added": _added,
    "whole": _whole,
    "text": _text,
}
WEIGHTS = (5, 4, 3, 1, 0.5, 1)


def _edited(text: str, random: Random) -> str:
    at = random.randrange(len(text))
    deep = "[" * 100_000
    cuts = ("", text[:at], text[at:], text[:at] + random.choice(',"}]{[0') + text[at:], deep, '{"a":' + deep)
    return random.choice((*cuts, text[:at] + "\udcff" + text[at:], "\ufeff" + text, text.replace(":", "", 1)))


def judge_json(kind: str, contents: bytes) -> Verdict:
    """What ``bnngen simulate`` and ``bnngen report`` make of a build folder with this file, short of Verilator."""
    answer = guarded(lambda: _read(contents, PATHS[kind]))
    return answer if isinstance(answer, Verdict) else Verdict("agrees")


def _read(contents: bytes, path: str) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rtl").mkdir()
        for kept, data in built().items():
            (folder / kept).write_bytes(data)
        (folder / path).write_bytes(contents)
        render_html(read_report(folder))
        network, _ = kept_model(folder)
        streams = Interface.load(folder / "rtl" / "interface.json")
        codes = np.zeros((3, network.elements_in), np.int64)
        y = np.zeros((3, network.elements_out), np.int64)
        streams.input.pack(codes)
        streams.output.unpack(streams.output.pack(y))


make_report, make_interface = partial(make_json, "report"), partial(make_json, "interface")
judge_report, judge_interface = partial(judge_json, "report"), partial(judge_json, "interface")
