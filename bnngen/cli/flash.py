"""``bnngen flash``: loads the bitstream of a build into the board."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from bnngen.base.text import shown
from bnngen.cli.console import console, errors, warn
from bnngen.cli.next_steps import print_next, run_command
from bnngen.cli.options import AllowModule, BuildFolder
from bnngen_boards.memory import Memory

Arguments = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[-- ARGUMENTS]", show_default=False, help="More arguments for the program that loads."
    ),
]
To = Annotated[
    Memory | None,
    typer.Option(
        help="Into the FPGA's own memory, which forgets without power, or into the flash memory it starts "
        "from; without it, as the board's profile has it."
    ),
]
ProfileName = Annotated[
    str | None,
    typer.Option("--board", metavar="FILE.toml", help="The board's profile, where it is one of your own."),
]
_KEPT = {
    Memory.SRAM: "the FPGA's own memory, and is gone when the power is",
    Memory.FLASH: "flash memory, and stays there without power",
}


def command(
    folder: BuildFolder,
    arguments: Arguments = None,
    to: To = None,
    board: ProfileName = None,
    allow_module: AllowModule = None,
) -> None:
    """Load the bitstream into the board, by the program for it that is installed.

    These are iceprog, dfu-util and openFPGALoader: bnngen boards BOARD says which of them, and where to.
    """
    from bnngen.toolflow.loading import plan_loading
    from bnngen_boards.profile import load_board

    plan = plan_loading(folder, load_board(board, allow_module or ()) if board else None, to)
    warn(plan.warnings)
    what = f"{plan.loader.name} loads {plan.board.name}"
    with errors.status(what) as status:
        plan.run(arguments or (), lambda line: status.update(Text(shown(f"{what}: {line}"))))
    console.print(
        f"{plan.loader.name} has loaded {plan.bitstream}: it is in {_KEPT[plan.memory]}", soft_wrap=True
    )
    print_next([run_command(folder)])
