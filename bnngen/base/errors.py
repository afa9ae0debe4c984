"""Every error that a user can cause, each with the exit status that the command line returns."""

from __future__ import annotations

from bnngen.base.text import shown


class BnngenError(Exception):
    """Base of all errors meant for the user: one clear message, no traceback.

    ``exit_status`` is what ``bnngen`` exits with.
    """

    exit_status = 2


class OneLineError(BnngenError):
    """An error whose message may hold names from files: it stays one line of characters that can be seen."""

    def __init__(self, message: str) -> None:
        super().__init__(shown(message))


class ModelError(OneLineError):
    """The model can't be used: which ``layer``, what the ``problem`` is with what is accepted, and the
    ``remedy``, where it stands apart from that. ``others`` says how to see what else is in the way, if
    anything is."""

    others = ""

    def __init__(self, layer: str, problem: str, remedy: str = "") -> None:
        super().__init__(f"layer '{layer}': {problem}" + (f"; {remedy}" if remedy else ""))
        self.layer, self.problem, self.remedy = layer, problem, remedy


class ModelFileError(OneLineError):
    """The model file can't be read at all."""


class DataError(OneLineError):
    """The data file or array can't be used with this model."""


class RecipeError(BnngenError):
    """A training recipe has mistakes, or asks for what does not go together.

    ``field`` names the value at fault ("train.epochs"), where it is one; its line is added on the way up.
    """

    def __init__(self, problem: str, field: str = "") -> None:
        super().__init__(f"{field}: {problem}" if field else problem)
        self.field = field


class MissingPackageError(BnngenError):
    """A Python package that this step needs is not installed; the message says how to get it."""

    exit_status = 3


class MissingToolError(BnngenError):
    """A program that this step needs is not installed; the message says how to get it."""

    exit_status = 3


class ToolError(BnngenError):
    """A program ran and failed. ``log`` is everything it printed."""

    exit_status = 1

    def __init__(self, message: str, log: str) -> None:
        super().__init__(message)
        self.log = log


class BoardError(BnngenError):
    """A board that does not exist, a profile that is not valid, or a clock that a board cannot make."""


class InterfaceError(BnngenError):
    """An interface description, or data that should follow it, cannot be used."""


class SimulationError(BnngenError):
    """The Verilog does not compile, or broke a rule of its streams while it ran."""

    exit_status = 1


class UsageError(OneLineError):
    """The arguments contradict each other or can't be honoured."""


class FitError(OneLineError):
    """The work was done and the answer is no: nothing that was asked for fits the board."""

    exit_status = 1
