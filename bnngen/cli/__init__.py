"""The command line: ``bnngen COMMAND``. It parses and prints; the work is done elsewhere."""

from __future__ import annotations

import errno
import gc
import signal
import sys
import traceback
from importlib.metadata import version
from typing import Annotated

import typer

from bnngen.base.errors import UsageError
from bnngen.base.text import usable, without_password
from bnngen.cli import (
    board_run,
    boards,
    build,
    compress,
    convert,
    flash,
    golden,
    inspect,
    quantize,
    report,
    serve,
    simulate,
    specialize,
    supernet,
    train,
)
from bnngen.cli.console import errors, marked

INTERRUPTED = 130
UNUSABLE = 2
GARBAGE = 50_000
"""Objects made between two looks for garbage: what imports make stays, and at Python's 700 a short command
spends 7 % of its time on looking at it again and again."""
STOPPED = "interrupted; the results of the steps before are kept"
interrupts: list[int] = []
"""The signals that have come, by their numbers."""

app = typer.Typer(
    help="From a trained binarized or low-bit neural network to a verified FPGA accelerator.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    epilog="Add --debug to any command to see where an error comes from.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print("bnngen", version("bnngen"))
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """What belongs to no command."""


for module in (
    inspect,
    golden,
    build,
    simulate,
    train,
    compress,
    supernet,
    specialize,
    quantize,
    convert,
    boards,
    report,
    flash,
    serve,
):
    app.command(module.__name__.rpartition(".")[2])(module.command)
app.command("run")(board_run.command)


def main() -> None:
    """Run the command line and exit with the status that the outcome has."""
    gc.set_threshold(GARBAGE)
    debug = "--debug" in sys.argv
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) != signal.SIG_IGN:
            # all as Ctrl-C: the tools that run are ended too, and nothing half-written stays
            signal.signal(getattr(signal, name), _interrupt)
    sys.exit(run([argument for argument in sys.argv[1:] if argument != "--debug"], debug))


def _interrupt(number: int, frame: object) -> None:
    """Ends what runs, and notes that: a package in the middle of its import may make another error of it."""
    interrupts.append(number)
    raise KeyboardInterrupt


def run(arguments: list[str], debug: bool = False) -> int:
    """The exit status of the command line ``arguments``; errors go to standard error as one message."""
    try:
        _check(arguments)
        status = typer.main.get_command(app).main(arguments, prog_name="bnngen", standalone_mode=False) or 0
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except typer.TyperException as error:
        error.message = without_password(error.message)  # it may quote what stands in the wrong place
        error.show()  # type: ignore[attr-defined]  # all that typer raises have it
        return UNUSABLE
    except Exception as error:
        if debug:
            sys.stderr.write(without_password(traceback.format_exc()))
        status = getattr(error, "exit_status", None)
        if status is None and interrupts:
            errors.print(STOPPED)
            return INTERRUPTED
        errors.print(marked("error:", without_password(_message(error, status))), soft_wrap=True)
        return UNUSABLE if status is None else status
    if status == INTERRUPTED:
        errors.print(STOPPED)
    return status


def _check(arguments: list[str]) -> None:
    for argument in arguments:
        if not usable(argument):
            raise UsageError(f"'{argument}' holds a control character, or is not UTF-8: name something else")


def _message(error: Exception, status: int | None) -> str:
    if status is not None:
        return f"{error}{getattr(error, 'others', '')}"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full: {error.strerror}; free some space and run the command again"
    return f"unexpected {type(error).__name__}: {error} (run again with --debug, and please report it)"
