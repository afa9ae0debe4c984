"""The table of kind and exporter: judged, written to docs/kinds.md, and read from there."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import bnngen
from bnngen.base.errors import BnngenError
from tests.zoo import floats, homemade, moves, quantized  # noqa: F401 - they register their networks
from tests.zoo.exporters import EXPORTERS
from tests.zoo.judge import Verdict, compare, judged
from tests.zoo.kinds import BREVITAS, FLOAT, KINDS, TORCH, Kind

PAGE = Path(__file__).parents[2] / "docs" / "kinds.md"
FROM_TORCH = "from_torch"
"""The column of networks that bnngen.from_torch takes without a file."""
COLUMNS = {
    made_of: (*columns, *((FROM_TORCH,) if made_of != FLOAT else ()))
    for made_of, columns in EXPORTERS.items()
}
EXACT, FILE, UNWRITTEN = "exact", "file", "-"
HEADS = {
    TORCH: "Plain torch",
    BREVITAS: "Brevitas",
    FLOAT: "Floats, quantised by ONNX Runtime",
}
HEAD = """\
# What is accepted: kind and exporter

{kinds} small networks, each written by every exporter that fits, with its default options, and read by bnngen: {accepted} of the
{written} files and modules are accepted, all of them exactly. The golden model's integers were compared with an evaluation of
the file in double precision (onnx's reference evaluator) and with the module itself in double precision, on random frames, on
frames of the input's grid, and between its levels.

`exact`: accepted, no difference. `file`: exactly what the file says, which is another network than the module, as the format
lacks its rounding. A number: refused, for the reason below that has it. `-`: the exporter itself gives up.
"old" is the exporter of `dynamo=False`. The networks are in `tests/zoo`; `python -m tests.zoo` writes this page, and
`tests/zoo/test_zoo.py` holds it.
"""


@dataclass(frozen=True)
class Cell:
    """One network by one exporter: exact, or refused for a ``reason``, or ``unwritten`` as the exporter can't take it."""

    reason: str | None = None
    unwritten: bool = False


Table = Mapping[tuple[str, str], Cell]
"""By the names of kind and column."""


def kinds() -> list[Kind]:
    """All of them in the page's order, whatever was imported first."""
    return sorted(KINDS.values(), key=lambda kind: (list(COLUMNS).index(kind.made_of), kind.name))


def cells() -> list[tuple[str, str]]:
    """All kinds by all columns that there are for them."""
    return [(kind.name, column) for kind in kinds() for column in COLUMNS[kind.made_of]]


def cell(kind: Kind, column: str) -> Cell:
    """Builds, exports, reads and checks a network. Raises AssertionError where it is read wrongly."""
    if column == FROM_TORCH:
        return Cell(_by_from_torch(kind).reason)
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = EXPORTERS[kind.made_of][column](kind, Path(folder))
        except Exception as error:  # what exporters throw has no common base
            return Cell(str(error).strip().splitlines()[0], unwritten=True)
        return Cell(judged(path, kind, column not in kind.unlike).reason)


def _by_from_torch(kind: Kind) -> Verdict:
    try:
        network = bnngen.from_torch(kind.module(), kind.example(), **kind.options)
    except BnngenError as error:
        return Verdict(str(error))
    compare(network, kind)
    return Verdict()


def page(table: Table) -> str:
    """The text of docs/kinds.md."""
    table = {key: plain(found) for key, found in table.items()}
    written = [c for c in table.values() if not c.unwritten]
    accepted = sum(c.reason is None for c in written)
    reasons = _reasons(table)
    text = [HEAD.format(kinds=len(KINDS), accepted=accepted, written=len(written))]
    for made_of, columns in COLUMNS.items():
        text += [
            f"## {HEADS[made_of]}\n",
            f"| kind | {' | '.join(columns)} |",
            "|---" * (len(columns) + 1) + "|",
        ]
        for kind in (k for k in kinds() if k.made_of == made_of):
            marks = (_mark(kind, column, table[kind.name, column], reasons) for column in columns)
            text.append(f"| {kind.name}{_said(kind)} | {' | '.join(marks)} |")
        text.append("")
    text += ["## What is refused, and what to do\n", *(f"{n}. {_shown(r)}" for r, n in reasons.items()), ""]
    return "\n".join(text)


def _said(kind: Kind) -> str:
    """What the user says of the network, in the command line's words."""
    flags = {"input": "--input", "sign_of_zero": "--sign-of-zero", "cut_at": "--cut-at"}
    return "".join(f", `{flags[name]} {value}`" for name, value in kind.options.items())


def _mark(kind: Kind, column: str, found: Cell, reasons: Mapping[str, int]) -> str:
    if found.unwritten:
        return UNWRITTEN
    if found.reason is not None:
        return str(reasons[found.reason])
    return FILE if column in kind.unlike else EXACT


def _reasons(table: Table) -> dict[str, int]:
    """Each reason with its number."""
    found = (table[key].reason for key in cells())
    return {
        reason: number for number, reason in enumerate(dict.fromkeys(r for r in found if r is not None), 1)
    }


def _plain(reason: str) -> str:
    """Names and numbers of one network differ from those of another, and the list of all operators grows."""
    reason = re.sub(r"^layer '[^']*': ", "", reason)
    reason = re.sub(r"; supported are [A-Z]\w+, .*", "", reason)
    reason = re.sub(r"output \d+ has \d+ different weights, such as \S+ and [^\s;]+", "...", reason)
    return re.sub(r"'[^']*'", "'...'", reason)


def plain(found: Cell) -> Cell:
    """A cell as the page has it."""
    if found.unwritten:
        return Cell(unwritten=True)
    return Cell(None if found.reason is None else _plain(found.reason))


def _shown(reason: str) -> str:
    return reason.replace("<", "\\<")


def committed() -> dict[tuple[str, str], Cell]:
    """What the page says."""
    text = PAGE.read_text(encoding="utf-8")
    reasons = {
        number: reason.replace("\\<", "<") for number, reason in re.findall(r"^(\d+)\. (.+)$", text, re.M)
    }
    return {
        (name, column): _cell(mark, reasons) for name, marks in _rows(text) for column, mark in marks.items()
    }


def _cell(mark: str, reasons: Mapping[str, str]) -> Cell:
    return Cell(reasons.get(mark), unwritten=mark == UNWRITTEN)


def _rows(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The name and the marks by column of each row."""
    columns: list[str] = []
    for line in (line for line in text.splitlines() if line.startswith("| ")):
        name, *marks = line.removeprefix("| ").removesuffix(" |").split(" | ")
        if name == "kind":
            columns = marks
        else:
            yield re.sub(r", `--.*", "", name), dict(zip(columns, marks, strict=True))
