"""What can go wrong in this package; ``exit_status`` is the command line's status for it."""

from __future__ import annotations

import signal


class InterfaceError(ValueError):
    """An interface description, or data that should follow it, cannot be used."""

    exit_status = 2


class MissingToolError(RuntimeError):
    """A program or package that the simulation needs is not installed; the message says how to get it."""

    exit_status = 3


class SimulationError(RuntimeError):
    """The Verilog does not compile, or broke a rule of its streams while it ran."""

    exit_status = 1


def ending_signal(status: int) -> str:
    """The signal that ended a process with the (negative) ``status``, and what that may mean."""
    try:
        name = signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
    hint = ": the memory ran out, or someone ended it" if name == "SIGKILL" else ""
    return f"signal {-status} ({name}){hint}"
