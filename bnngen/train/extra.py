"""Says what to install where the packages for training are missing."""

from __future__ import annotations

from importlib.util import find_spec

from bnngen.base.errors import MissingPackageError

PACKAGES = ("torch", "brevitas", "onnxoptimizer")
SEARCH_PACKAGES = ("optuna", "tomli_w")


def require_training(search: bool = False) -> None:
    """Raises MissingPackageError, which says how to get them, unless all packages for training are there,
    and those of a search if there is to be one."""
    wanted, extras = (PACKAGES + SEARCH_PACKAGES, "train,search") if search else (PACKAGES, "train")
    missing = [name for name in wanted if find_spec(name) is None]
    if missing:
        raise MissingPackageError(f"this needs {', '.join(missing)}: pip install 'bnngen[{extras}]'")
