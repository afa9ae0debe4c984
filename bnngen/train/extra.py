"""Says what to install where the packages for training are missing."""

from __future__ import annotations

from importlib.util import find_spec

from bnngen.errors import MissingPackageError

PACKAGES = ("torch", "brevitas", "onnxoptimizer")


def require_training() -> None:
    """Raises MissingPackageError, which says how to get them, unless all packages for training are there."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise MissingPackageError(f"training needs {', '.join(missing)}: pip install 'bnngen[train]'")
