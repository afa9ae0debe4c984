"""Errors of board profiles; ``exit_status`` is what a command line program should exit with."""

from __future__ import annotations


class BoardError(Exception):
    """A board that does not exist, a profile that is not valid, or a clock that a board cannot make."""

    exit_status = 2


class MissingPackageError(Exception):
    """A Python package that this step needs is not installed; the message says how to get it."""

    exit_status = 3
