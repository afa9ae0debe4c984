"""Modules under the names that they had up to version 0.1, until 0.3: importing one warns of its new name."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

ROOMS = {
    "arithmetic": ("accumulate", "comparators", "compressors", "dot", "heap", "threshold", "threshold_table"),
    "buffers": ("columns", "feed", "join", "queued", "replay", "window", "window_plan", "word_queue"),
    "edges": ("axis", "uart"),
    "engine": ("codes",),
    "roms": ("borders", "rom", "rom_block", "rom_columns"),
    "streams": ("credit", "fifo", "fork", "pack", "select", "slice", "width"),
}
HERE = {
    **{f"bnngen_hw.{name}": f"bnngen_hw.{room}.{name}" for room, names in ROOMS.items() for name in names},
    "bnngen_hw.dense": "bnngen_hw.engine.engine",
    "bnngen_hw.dense_numbers": "bnngen_hw.engine.numbers",
}
"""The new name of each module by its old one."""


class _Loader(Loader):
    """Gives a module that is there already."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """It has run."""


class _Finder(MetaPathFinder):
    """Finds modules by their old names."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of an old name."""
        if (new := self._names.get(fullname)) is None:
            return None
        warnings.warn(f"{fullname} is now {new}; the old name goes with 0.3", FutureWarning, stacklevel=2)
        return ModuleSpec(fullname, _Loader(import_module(new)))


def answer_to(names: Mapping[str, str]) -> None:
    """Find the modules ``names`` by their old names too: new names by old ones."""
    sys.meta_path.append(_Finder(names))
