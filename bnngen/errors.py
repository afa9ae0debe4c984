"""Every error that a user can cause, each with the exit status that the command line returns."""

from __future__ import annotations


class BnngenError(Exception):
    """Base of all errors meant for the user: one clear message, no traceback.

    ``exit_status`` is what ``bnngen`` exits with.
    """

    exit_status = 2


class ModelError(BnngenError):
    """The model can't be used: which layer, what was found, what is accepted, what to do."""

    def __init__(self, layer: str, problem: str) -> None:
        super().__init__(f"layer '{layer}': {problem}")
        self.layer = layer


class ModelFileError(BnngenError):
    """The model file can't be read at all."""


class DataError(BnngenError):
    """The data file or array can't be used with this model."""


class UsageError(BnngenError):
    """The arguments contradict each other or can't be honoured."""


class FitError(BnngenError):
    """The work was done and the answer is no: nothing that was asked for fits the board."""

    exit_status = 1
