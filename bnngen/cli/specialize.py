"""``bnngen specialize``: the best network of a supernet for a board."""

from __future__ import annotations

import gc
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD

from bnngen.cli.build import BoardName, Fps, rate_on
from bnngen.cli.console import console, percent, table_of, warn, write_json
from bnngen.cli.options import AllowModule, JsonFile, Storage, nonempty

if TYPE_CHECKING:
    from bnngen.reports.sub_networks import SpecializedRecord

SHOWN = 12
"""Networks of the front that a screen shows; the page shows all."""

Super = Annotated[
    Path,
    typer.Argument(metavar="SUPER", parser=nonempty, help="The folder that bnngen supernet has left."),
]
Out = Annotated[Path, typer.Option(metavar="DIR", parser=nonempty, help="Where the best network goes.")]
Trials = Annotated[int, typer.Option(min=1, help="How many networks are planned for the board.")]
Finalists = Annotated[int, typer.Option(min=1, help="How many of the best are judged.")]
Epochs = Annotated[
    int, typer.Option(min=0, help="For how many epochs the best is trained further; 0 for none.")
]


def command(
    supernet: Super,
    board: BoardName,
    out: Out,
    fps: Fps = None,
    epochs: Epochs = 0,
    trials: Trials = 300,
    finalists: Finalists = 10,
    storage: Storage = None,
    json: JsonFile = None,
    allow_module: AllowModule = None,
) -> None:
    """Take the best network for a board out of a supernet, without training it again.

    Evolution proposes networks, the scheduler plans each of them for the board, and what each would reach is
    predicted. The best few that fit are judged on the validation part; the winner alone meets the test part,
    in the integer golden model. DIR is then as bnngen train leaves it.
    """
    from bnngen.base.owned import keep_inputs
    from bnngen.train.extra import require_training

    keep_inputs({"--json": json}, supernet, Path(board))
    require_training(search=True)
    from bnngen.cli.supernet_screen import specialize_screen
    from bnngen.cli.train_screen import train_screen
    from bnngen.supernet.specialize import SpecializeEffort, specialize
    from bnngen.train.hardware import BoardTarget
    from bnngen_boards.profile import load_board

    profile = load_board(board, allow_module or ())
    target = BoardTarget(profile, rate_on(profile, fps))
    gc.freeze()  # what is there stays: to look through it for garbage takes as long as a plan
    tuning: Any = train_screen(hint=False) if epochs else nullcontext()
    with specialize_screen() as screen, tuning as training:
        effort = SpecializeEffort(trials, finalists, epochs)
        report = specialize(supernet, target, effort, out, screen, training, storage)
    warn(report.warnings)
    write_json(json, report.to_dict())
    if str(json) != "-":
        _print(report, out, hint=target.rate != "link")


def _print(report: SpecializedRecord, out: Path, hint: bool) -> None:
    from bnngen.reports.columns import SUBNETS
    from bnngen.reports.rates import line_rate

    winner, test = report.winner, report.test
    console.print(
        f"{len(report.candidates)} of {report.tried} networks fit {report.board}; the best of them:"
    )
    console.print(table_of(SUBNETS, report.front[:SHOWN], box=SIMPLE_HEAD, padding=(0, 1, 0, 0)))
    right = percent(test.test_correct or 0, test.test_samples or 1)
    console.print(
        f"network {winner.number} wins: the golden model gets {test.test_correct:,} of {test.test_samples:,} "
        f"test samples right ({right}); {winner.bram} block RAMs, {winner.lut:,} LUTs"
    )
    if winner.link_fps is not None:
        line = line_rate(winner.fps, winner.link_fps, hint)
        console.print(f"the accelerator: {winner.fps:,.0f} frames/s; the serial line: {line}")
    console.print(f"model and recipe in {out}, all networks in {out / 'specialize.html'}")
