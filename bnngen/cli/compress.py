"""``bnngen compress``: from a large network to one that fits a board."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD

from bnngen.cli.build import BoardName, Fps, rate_on
from bnngen.cli.console import console, errors, percent, table_of, warn, write_json
from bnngen.cli.options import AllowModule, JsonFile, Storage, nonempty
from bnngen.compress.choices import Starts

if TYPE_CHECKING:
    from bnngen.reports.results import SearchRecord
    from bnngen.train.recipe import Recipe


Teacher = Annotated[
    Path,
    typer.Argument(
        metavar="MODEL|RUN",
        parser=nonempty,
        help="What is to become smaller: a model file, or the folder of a run of bnngen train.",
    ),
]
RecipePath = Annotated[
    Path | None,
    typer.Option(
        "--recipe",
        metavar="RECIPE.toml",
        parser=nonempty,
        help="Data, training, and the students' architecture with its largest sizes; a run has its own.",
    ),
]
Out = Annotated[
    Path, typer.Option(metavar="DIR", parser=nonempty, help="Where the winner and all students go.")
]
Trials = Annotated[int, typer.Option(min=1, help="How many students learn for a few epochs.")]
Epochs = Annotated[int, typer.Option(min=1, help="For how many epochs each of them learns.")]
Finalists = Annotated[int, typer.Option(min=1, help="How many of the best learn to the end.")]
ActBits = Annotated[
    str,
    typer.Option(metavar="1,2,...", help="Bits of activations to choose from; by default the recipe's."),
]
StartsAs = Annotated[
    Starts,
    typer.Option(
        help="What students begin as: untrained, the larger network pruned to their sizes (a run of the same "
        "bits whose layers are a chain), or either of both where that is possible."
    ),
]


def command(
    model: Teacher,
    board: BoardName,
    out: Out,
    recipe: RecipePath = None,
    fps: Fps = None,
    trials: Trials = 12,
    epochs: Epochs = 3,
    finalists: Finalists = 2,
    act_bits: ActBits = "",
    start: StartsAs = "both",
    storage: Storage = None,
    json: JsonFile = None,
    allow_module: AllowModule = None,
) -> None:
    """Find a network that fits a board and knows as much of a larger one as it can.

    Students of many proportions, each as large as the board takes at this rate, learn from the larger network
    for a few epochs; the best of them go on to the end. Choices are made on the validation part; the winner
    alone meets the test part, in the integer golden model. Ctrl-C stops the search; the same command goes on.
    """
    from bnngen.base.owned import keep_inputs
    from bnngen.train.extra import require_training

    require_training(search=True)
    from bnngen.compress.search import Effort, compress
    from bnngen.train.hardware import BoardTarget
    from bnngen_boards.profile import load_board

    bits = tuple(_bits(part) for part in act_bits.split(",") if part)
    effort = Effort(trials, epochs, finalists, bits, start)
    profile = load_board(board, allow_module or ())
    target = BoardTarget(profile, rate_on(profile, fps))
    students = _recipe(model, recipe)
    keep_inputs({"--json": json}, model, recipe, Path(board), *students.inputs)
    report = compress(students, target, effort, out, _screen(), larger=model, storage=storage)
    warn(report.warnings)
    write_json(json, report.to_dict())
    if str(json) != "-":
        _print(report, out, hint=target.rate != "link")


def _bits(text: str) -> int:
    if not text.strip().isdecimal() or not 1 <= int(text) <= 8:
        raise typer.BadParameter(f"bits of activations are whole numbers from 1 to 8, not {text!r}")
    return int(text)


def _recipe(model: Path, path: Path | None) -> Recipe:
    """The students' recipe, with the larger network as their teacher."""
    from bnngen.train.recipe import DistillTable, load_recipe

    if path is None and not model.is_dir():
        raise typer.BadParameter("a model file needs a --recipe, which names the data and how to train")
    recipe = load_recipe(path or model / "recipe.toml")
    if recipe.distill is not None:
        return recipe
    return recipe.model_copy(update={"distill": DistillTable(teacher=model)})


def _screen() -> Any:
    from bnngen.compress.search import SearchWatcher
    from bnngen.reports.columns import sizes

    class Screen(SearchWatcher):
        def tries(self, number: int, count: int) -> None:
            errors.print(f"student {number} of {count} learns")

        def learned(self, candidate: Any) -> None:
            c = candidate.figures
            errors.print(
                f"  {sizes(c)}, {c.start}: {100 * c.validation_accuracy:.2f} % after {c.epochs} "
                f"epochs, {c.bram} block RAMs, {c.lut:,} LUTs"
            )

        def waits(self, count: int) -> None:
            errors.print(
                f"waiting for other workers, at {count} students; those without a sign of life are given up"
            )

        def repeats(self, number: int) -> None:
            errors.print(f"student {number} has won on another machine: it learns here too")

    return Screen()


def _print(report: SearchRecord, out: Path, hint: bool) -> None:
    from bnngen.reports.columns import CANDIDATES
    from bnngen.reports.rates import line_rate

    # short heads and no frame: it has to fit a narrow screen
    console.print(table_of(CANDIDATES, report.ranked, box=SIMPLE_HEAD, padding=(0, 1, 0, 0)))
    winner, test = report.winner, report.winner.test
    right = percent(test.test_correct, test.test_samples)
    console.print(
        f"student {winner.number} wins: the golden model gets {test.test_correct:,} of "
        f"{test.test_samples:,} test samples right ({right}); model and recipe in {out}, all students in "
        f"{out / 'compress.html'}"
    )
    if winner.link_fps is not None:
        line = line_rate(winner.fps, winner.link_fps, hint)
        console.print(f"the accelerator: {winner.fps:,.0f} frames/s; the serial line: {line}")
