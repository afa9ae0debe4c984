"""``bnngen train``: from a recipe, or from a table of sensor values, to a quantised model file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bnngen.cli.build import Fps, rate_on
from bnngen.cli.console import warn, write_json
from bnngen.cli.options import AllowModule, JsonFile, nonempty

TABLES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
"""What the names of tables end in; all else is a recipe."""


class Missing(StrEnum):
    """What becomes of rows without a number."""

    DROP = "drop"
    FILL = "fill"


Source = Annotated[
    Path,
    typer.Argument(
        metavar="RECIPE.toml|DATA.csv",
        parser=nonempty,
        help="What to train, on what, and how; or a table with a column of classes, which needs --board.",
    ),
]
Out = Annotated[
    Path, typer.Option(metavar="DIR", parser=nonempty, help="Where the model, the log and the checkpoint go.")
]
BoardName = Annotated[
    str | None, typer.Option(help="Of a table: the board that the network has to fit (see bnngen boards).")
]
Label = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Of a table: the column with the classes, instead of the last."),
]
Drop = Annotated[list[str] | None, typer.Option(metavar="COLUMN", help="Of a table: a column to leave out.")]
Keep = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN", help="Of a table: a column to learn from, though it looks useless."),
]
Words = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN", help="Of a table: a column of numbers that are codes, one input each."),
]
Gaps = Annotated[
    Missing | None,
    typer.Option("--missing", help="Of a table: leave out rows without a number, or fill in the median."),
]


def command(
    source: Source,
    out: Out,
    board: BoardName = None,
    fps: Fps = None,
    label: Label = None,
    drop: Drop = None,
    keep: Keep = None,
    words: Words = None,
    missing: Gaps = None,
    json: JsonFile = None,
    allow_module: AllowModule = None,
) -> None:
    """Train a quantised network and export it as QONNX.

    A table needs no recipe: one is made of it, with the largest network that fits the board, and kept in DIR.
    Ctrl-C stops a run; the same command goes on behind the last whole epoch.
    """
    from bnngen.base.owned import keep_inputs
    from bnngen.train.extra import require_training
    from bnngen.train.recipe import load_recipe
    from bnngen_boards.profile import load_board

    named = {"label": label, "drop": drop, "keep": keep, "words": words, "missing": missing}
    options = {"board": board, "fps": fps, **named}
    is_table = _is_table(source, {name: value for name, value in options.items() if value})
    # a mistake is told before torch is loaded, or found missing
    keep_inputs({"--json": json}, source, *([] if is_table else load_recipe(source).inputs))
    profile = None if board is None else load_board(board, allow_module or ())
    rate = None if profile is None else rate_on(profile, fps)
    require_training()
    from bnngen.cli.train_screen import print_run, train_screen
    from bnngen.train.run import train
    from bnngen.train.table_recipe import TableChoices, make_recipe

    with train_screen(hint=rate != "link") as screen:
        recipe = source
        if profile is not None:
            dropped, kept, coded = (tuple(names or ()) for names in (drop, keep, words))
            choices = TableChoices(label, dropped, kept, coded, missing or "error")
            recipe = make_recipe(source, out, profile, rate, choices, screen)
        report = train(recipe, out, screen).report
    warn(report.warnings)
    write_json(json, report.to_dict())
    if str(json) != "-":
        print_run(report, out, board, fps)


def _is_table(source: Path, given: dict[str, object]) -> bool:
    """Whether ``source`` is a table. Raises typer.BadParameter if the options ``given`` are for the other
    kind, or one is missing."""
    is_table = source.name.lower().endswith(TABLES)
    if is_table and "board" not in given:
        raise typer.BadParameter("a table needs --board, which the network has to fit: see bnngen boards")
    if not is_table and given:
        raise typer.BadParameter(
            f"--{next(iter(given))} is for tables ({', '.join(TABLES[:3])}); a recipe says it in its fields"
        )
    return is_table
