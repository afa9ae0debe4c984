"""Board profiles and training recipes: changed in their values, keys, tables and bytes, and what bnngen reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import bnngen
from bnngen.base.errors import FitError
from bnngen.reference.network import Network
from bnngen.supernet.recipe import load_supernet_recipe
from bnngen.train.recipe import load_recipe
from bnngen_boards.profile import load_board
from tests.fuzz.guard import guarded
from tests.fuzz.mutant import Mutant, Step
from tests.fuzz.seeds import ROOT
from tests.fuzz.verdict import Verdict

RECIPES = ROOT / "examples" / "recipes"
FILES = {
    "profile": sorted((ROOT / "boards" / "bnngen_boards").glob("*.toml")),
    "recipe": sorted({*RECIPES.glob("*.toml")} - {*RECIPES.glob("supernet_*")}),
    "supernet": sorted(RECIPES.glob("supernet_*.toml")),
}
LOADERS: dict[str, Callable[[Path], object]] = {"recipe": load_recipe, "supernet": load_supernet_recipe}
NETWORK = "tests/frontend/failures/planted_mixed_channels.onnx"
"""Is fitted to every board that can be read."""
VALUES = (
    *("0", "1", "-1", "2", "3", "1_000_000", "9223372036854775807", "99999999999999999999999", "-5", "0x10"),
    *("0.0", "0.5", "1.5", "-0.5", "1e-300", "1e300", "1e400", "nan", "inf", "-inf", "true", "false"),
    *(
        '""',
        '"text"',
        '"1"',
        '"\\u0000"',
        '"\\u001b[31m"',
        '"[bold]"',
        "'''\na'''",
        '"é"',
        '"' + "a" * 5000 + '"',
    ),
    *(
        "[]",
        "[1]",
        "[1, 2]",
        "[[16, 256]]",
        "[[16]]",
        "[[0, 0]]",
        "[[-1, 4]]",
        '["a"]',
        "[1, 'a']",
        "{}",
        "{ a = 1 }",
    ),
    *(
        "2026-11-30",
        "07:32:00",
        "2026-11-30T07:32:00Z",
        "[" * 3000 + "]" * 3000,
        "",
        "= =",
        "[[[",
        "1.",
        "+-1",
    ),
)
LINES = (
    "[more]",
    "[[data]]",
    "nonsense = 1",
    "a.b.c = 1",
    "[a.b.c]",
    "\x00",
    "\ufeff",
    "= 1",
    "# nothing",
    "[",
    "]]",
)
Change = Callable[[list[str], Random], None]


def make_toml(kind: str, random: Random, shared: Path | None) -> Mutant:
    """One of the files that come with bnngen, with one to three changes."""
    path = random.choice(FILES[kind])
    names = random.choices(list(CHANGES), weights=WEIGHTS, k=random.choice((1, 1, 2, 3)))
    steps = tuple((name, random.getrandbits(32)) for name in names)
    return Mutant(path.stem, path.read_bytes(), steps, apply)


def apply(contents: bytes, steps: Sequence[Step]) -> bytes:
    """The file after all ``steps``, those on its bytes last."""
    lines = contents.decode().splitlines()
    for name, seed in steps:
        if lines:
            CHANGES[name](lines, Random(seed))
    contents = "\n".join(lines).encode() + b"\n"
    for name, seed in steps:
        if name == "bytes":
            contents = damaged(contents, Random(seed))
    return contents


def _value(lines: list[str], random: Random) -> None:
    """Another value of any type."""
    at, (key, _, _) = random.choice(_assignments(lines))
    lines[at] = f"{key} = {random.choice(VALUES)}"


def _number(lines: list[str], random: Random) -> None:
    """Another number where there is one: mostly one like it."""
    numbers = [
        (at, parts) for at, parts in _assignments(lines) if parts[2].partition("#")[0].strip().isdigit()
    ]
    if numbers:
        at, (key, _, text) = random.choice(numbers)
        value = int(text.partition("#")[0])
        near = (value + 1, value - 1, value * 2, value // 2, value * 10, value / 2)
        far = (0, 1, 2, 3, 7, 10**6, 10**9, 10**15, 10**18, 0.5)
        lines[at] = f"{key} = {random.choice(near if random.random() < 0.7 else far)}"


def _key(lines: list[str], random: Random) -> None:
    at, (key, _, value) = random.choice(_assignments(lines))
    other = random.choice((key.strip() + "s", key.upper(), "x", "", '""', "a.b"))
    lines[at] = f"{other} ={value}"


def _removed(lines: list[str], random: Random) -> None:
    del lines[random.randrange(len(lines))]


def _twice(lines: list[str], random: Random) -> None:
    lines.insert(random.randrange(len(lines)), random.choice(lines))


def _moved(lines: list[str], random: Random) -> None:
    """A line in another table."""
    line = lines.pop(random.randrange(len(lines)))
    lines.insert(random.randrange(len(lines) + 1), line)


def _line(lines: list[str], random: Random) -> None:
    lines.insert(random.randrange(len(lines) + 1), random.choice(LINES))


def _ending(lines: list[str], random: Random) -> None:
    """The ends of lines as Windows has them, or old Macs."""
    end = random.choice(("\r", "\r\r", "\x0b", "\x85"))
    lines[:] = [line + end for line in lines]


def _bytes(lines: list[str], random: Random) -> None:
    """Comes later."""


CHANGES: dict[str, Change] = {
    "value": _value,
    "number": _number,
    "key": _key,
    "removed": _removed,
    "twice": _twice,
    "moved": _moved,
    "line": _line,
    "ending": _ending,
    "bytes": _bytes,
}
WEIGHTS = (5, 5, 1, 1, 1, 1, 1, 0.3, 0.7)


def _assignments(lines: list[str]) -> list[tuple[int, tuple[str, str, str]]]:
    """The lines that give a key a value; the first line if none does."""
    found = [(at, line.partition("=")) for at, line in enumerate(lines) if "=" in line.partition("#")[0]]
    return found or [(0, ("key", "=", "1"))]


def damaged(contents: bytes, random: Random) -> bytes:
    """``contents`` with a byte changed, cut off, in another encoding, or gone."""
    at = random.randrange(len(contents) + 1)
    kind = random.choice(("flip", "cut", "latin", "utf16", "nothing"))
    if kind == "flip":
        return contents[:at] + bytes([random.randrange(256)]) + contents[at + 1 :]
    if kind == "latin":
        return contents[:at] + b"\xe9" + contents[at:]
    return {"cut": contents[:at], "utf16": contents.decode("latin-1").encode("utf-16"), "nothing": b""}[kind]


@cache
def network() -> Network:
    return bnngen.load(ROOT / NETWORK)


def judge_toml(kind: str, contents: bytes) -> Verdict:
    """What bnngen makes of a profile, for which a network is fitted besides, or of a recipe."""
    answer = guarded(lambda: _read(kind, contents))
    return answer if isinstance(answer, Verdict) else Verdict("agrees")


def _read(kind: str, contents: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{kind}.toml"
        path.write_bytes(contents)
        if kind != "profile":
            LOADERS[kind](path)
            return
        board = load_board(path)
        for rate in (None, 1000.0):
            try:
                bnngen.compile(network(), board, rate)
            except FitError:
                continue
