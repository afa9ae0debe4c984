"""``bnngen supernet``: one network that holds all sizes, for `bnngen specialize`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bnngen.cli.console import console, write_json
from bnngen.cli.options import JsonFile, nonempty

if TYPE_CHECKING:
    from bnngen.reports.sub_networks import SupernetRecord

RecipePath = Annotated[
    Path,
    typer.Argument(
        metavar="RECIPE.toml",
        parser=nonempty,
        help="The largest network and its training, and in [supernet] what others may have less of.",
    ),
]
Out = Annotated[
    Path, typer.Option(metavar="SUPER", parser=nonempty, help="Where the shared weights and the log go.")
]


def command(recipe: RecipePath, out: Out, json: JsonFile = None) -> None:
    """Train one network that holds all sizes: of the input, windows, depths, widths and bits.

    The largest one learns first, then ever more of its sub-networks. Then some are judged, by which
    `bnngen specialize` tells all others. Ctrl-C stops a run; the same command goes on behind the last whole
    epoch.
    """
    from bnngen.base.owned import keep_inputs
    from bnngen.supernet.recipe import load_supernet_recipe
    from bnngen.train.extra import require_training

    # a mistake is told before torch is loaded, or found missing
    keep_inputs({"--json": json}, recipe, *load_supernet_recipe(recipe).inputs)
    require_training(search=True)
    from bnngen.cli.supernet_screen import supernet_screen
    from bnngen.supernet.run import train_supernet

    with supernet_screen() as screen:
        report = train_supernet(recipe, out, screen)
    write_json(json, report.to_dict())
    if str(json) != "-":
        _print(report, out)


def _print(report: SupernetRecord, out: Path) -> None:
    console.print(
        f"{report.combinations:,} networks in one, after {report.epochs} epochs in {report.seconds:.0f} s: "
        f"the largest gets {100 * report.largest_accuracy:.2f} % of the validation part, the smallest "
        f"{100 * report.smallest_accuracy:.2f} %"
    )
    console.print(
        f"{len(report.judged)} networks judged; the predictor's order agrees with theirs by a Kendall tau of "
        f"{report.kendall_tau:.2f}; results in {out}, for people in {out / 'supernet.html'}"
    )
    following = ["bnngen", "specialize", str(out), "--board", "BOARD", "--out", "DIR"]
    console.print(f"next: {shlex.join(following)}", soft_wrap=True)
