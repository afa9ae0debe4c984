"""Arguments and options that several commands share."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer


def finite(value: float | None) -> float | None:
    """The value of an option, which neither NaN nor infinity is. Raises typer.BadParameter."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"takes a number, not {value}")
    return value


def nonempty(text: str) -> Path:
    """A path as the user has named it; no text at all would pass as the current folder."""
    if not text.strip():
        raise typer.BadParameter("a path is missing")
    return Path(text)


Model = Annotated[
    Path, typer.Argument(parser=nonempty, help="A QONNX file, or one in FINN's MultiThreshold dialect.")
]
DataFile = Annotated[
    Path, typer.Argument(metavar="DATA.npz", parser=nonempty, help="Frames: x (real) or codes; labels y.")
]
Frames = Annotated[int | None, typer.Option(min=1, help="Use the first N frames only.")]
JsonFile = Annotated[
    Path | None,
    typer.Option(
        "--json", metavar="FILE", parser=nonempty, help="Write the figures as JSON (- for standard output)."
    ),
]
Storage = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        parser=str,
        help="Share the search with other workers, which run the same command with an --out of their own: a "
        "journal file (PATH.log), a database (sqlite:///PATH, postgresql://...) or a proxy (grpc://HOST:PORT).",
    ),
]
OutputFile = Annotated[
    Path | None, typer.Option("--out", metavar="Y.npz", parser=nonempty, help="Write the outputs here.")
]
AllowModule = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="A board's profile may name a platform of this Python module, whose code then runs.",
    ),
]
BuildFolder = Annotated[
    Path, typer.Argument(metavar="DIR", parser=nonempty, help="A folder that bnngen build has made.")
]
