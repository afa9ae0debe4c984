"""Built-in networks, one a file: each has ``RANK``, that of its input (1 for vectors), and ``build``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from bnngen.base.errors import BnngenError, RecipeError
from bnngen.train.choices import ARCHITECTURES, NetworkChoice
from bnngen.train.recipe import ModelTable

OPTIONAL_SIZES = ("depths", "kernels", "expand", "end")
"""Sizes that not every architecture takes."""


@dataclass(frozen=True)
class Sizes:
    """The network's sizes: those of the recipe, or the architecture's own. Empty ``depths``, ``kernels`` and
    ``expand`` are not given."""

    widths: tuple[int, ...]
    dense: tuple[int, ...]
    kernel: int
    padding: int
    end: str = "flatten"
    depths: tuple[int, ...] = ()
    kernels: tuple[int, ...] = ()
    expand: tuple[int, ...] = ()

    def stages(self, depth: int) -> tuple[int, ...]:
        """How many blocks there are for each width: ``depth`` where the recipe does not say. Raises
        RecipeError."""
        found = self.depths or (depth,) * len(self.widths)
        _check_count("depths", found, len(self.widths), "widths")
        return found

    def windows(self, count: int) -> list[dict[str, int]]:
        """Kernel and padding of each of ``count`` windows. Raises RecipeError."""
        if not self.kernels:
            return [{"kernel": self.kernel, "padding": self.padding}] * count
        _check_count("kernels", self.kernels, count, "windows")
        if even := [kernel for kernel in self.kernels if kernel % 2 == 0]:
            raise RecipeError(f"found {even[0]}: only odd ones keep the map's size", "model.kernels")
        return [{"kernel": kernel, "padding": kernel // 2} for kernel in self.kernels]

    def expansions(self, count: int, default: int) -> tuple[int, ...]:
        """How many times wider each of ``count`` blocks is inside. Raises RecipeError."""
        found = self.expand or (default,) * count
        _check_count("expand", found, count, "blocks")
        return found


def _check_count(field: str, found: Sequence[int], count: int, things: str) -> None:
    if len(found) != count:
        raise RecipeError(
            f"found {len(found)} numbers: takes one for each of {count} {things}", f"model.{field}"
        )


@dataclass(frozen=True)
class Architecture:
    """A module with ``RANK`` and ``build(parts, shape, classes, sizes)``, and the sizes to call it with."""

    module: Any
    sizes: Sizes

    @property
    def rank(self) -> int:
        """The axes of a sample, without the batch."""
        return int(self.module.RANK)

    def build(self, parts: Any, shape: Sequence[int], classes: int) -> Any:
        """The torch module from inputs of ``shape`` (N, ...) to scores (N, classes)."""
        return self.module.build(parts, tuple(shape), classes, self.sizes)


def find_architecture(table: ModelTable) -> Architecture:
    """The architecture that the recipe's ``[model]`` names: a built-in one, or ``file.py:name``.

    Raises RecipeError if there is none.
    """
    name = table.architecture
    if ".py:" in name:
        module, known = _own_module(name), NetworkChoice("", "", ())
    elif name in ARCHITECTURES:
        module, known = ARCHITECTURES[name], ARCHITECTURES.choices[name]
    else:
        raise RecipeError(f"{ARCHITECTURES.unknown(name)} or file.py:function", "model.architecture")
    for field in OPTIONAL_SIZES:
        if isinstance(module, ModuleType) and getattr(table, field) is not None and field not in known.takes:
            raise RecipeError(f"the architecture '{name}' has none", f"model.{field}")
    given = {key: value for key in Sizes.__dataclass_fields__ if (value := getattr(table, key)) is not None}
    own = {key: getattr(known, key) for key in ("widths", "dense", "kernel", "padding", "end")}
    return Architecture(module, Sizes(**(own | given)))


@dataclass(frozen=True)
class _Own:
    """A user's function as an architecture; its attribute ``rank`` is that of its input, 1 without one."""

    function: Any

    @property
    def RANK(self) -> int:  # noqa: N802 - as the modules have it
        return getattr(self.function, "rank", 1)

    def build(self, parts: Any, shape: tuple[int, ...], classes: int, sizes: Sizes) -> Any:
        with _own_code(self.function.__name__):
            return self.function(parts, shape, classes, sizes)


@contextmanager
def _own_code(name: str) -> Iterator[None]:
    """Inside, what the user's code raises becomes a RecipeError that says so."""
    try:
        yield
    except BnngenError:
        raise
    except Exception as error:
        raise RecipeError(
            f"{name!r} raises {type(error).__name__}: {error} (run again with --debug to see where)",
            "model.architecture",
        ) from error


def _own_module(name: str) -> _Own:
    path, _, function = name.rpartition(":")
    if not Path(path).is_file():
        raise RecipeError(f"no file '{path}' (from the folder '{Path.cwd()}')", "model.architecture")
    spec = spec_from_file_location(Path(path).stem, path)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = module_from_spec(spec)
    sys.modules.setdefault(spec.name, module)
    with _own_code(name):
        spec.loader.exec_module(module)
    if not callable(getattr(module, function, None)):
        raise RecipeError(f"'{path}' has no function {function!r}", "model.architecture")
    return _Own(getattr(module, function))
