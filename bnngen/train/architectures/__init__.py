"""Built-in networks, one a file: each has ``RANK``, that of its input (1 for vectors), and ``build``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from bnngen.base.errors import BnngenError, RecipeError
from bnngen.base.toml import near_names
from bnngen.train.recipe import ModelTable


@dataclass(frozen=True)
class Builtin:
    """A module of this package, with sizes for those that the recipe does not give."""

    module: str
    widths: tuple[int, ...]
    dense: tuple[int, ...] = ()
    kernel: int = 3
    padding: int = 1


ARCHITECTURES = {
    "mlp": Builtin("mlp", (64, 64)),
    "tfc": Builtin("mlp", (64, 64, 64)),
    "sfc": Builtin("mlp", (256, 256, 256)),
    "lfc": Builtin("mlp", (1024, 1024, 1024)),
    "cnv": Builtin("cnv", (64, 128, 256), (512, 512), padding=0),
    "residual": Builtin("residual", (16, 32, 64)),
    "separable": Builtin("separable", (16, 32, 64)),
    "kws_mlp": Builtin("mlp", (128, 128, 128)),
    "kws_conv": Builtin("conv1d", (64, 64), (64,)),
}


@dataclass(frozen=True)
class Sizes:
    """The network's sizes: those of the recipe, or the architecture's own."""

    widths: tuple[int, ...]
    dense: tuple[int, ...]
    kernel: int
    padding: int


@dataclass(frozen=True)
class Architecture:
    """A module with ``RANK`` and ``build(parts, shape, classes, sizes)``, and the sizes to call it with."""

    module: Any
    sizes: Sizes

    @property
    def rank(self) -> int:
        """The axes of a sample, without the batch."""
        return self.module.RANK

    def build(self, parts: Any, shape: Sequence[int], classes: int) -> Any:
        """The torch module from inputs of ``shape`` (N, ...) to scores (N, classes)."""
        return self.module.build(parts, tuple(shape), classes, self.sizes)


def find_architecture(table: ModelTable) -> Architecture:
    """The architecture that the recipe's ``[model]`` names: a built-in one, or ``file.py:name``.

    Raises RecipeError if there is none.
    """
    name = table.architecture
    if ".py:" in name:
        builtin = Builtin("", ())
        module: Any = _own_module(name)
    elif name in ARCHITECTURES:
        builtin = ARCHITECTURES[name]
        module = import_module(f"{__name__}.{builtin.module}")
    else:
        hint = near_names(name, ARCHITECTURES)
        raise RecipeError(f"no architecture {name!r}; {hint} or file.py:function", "model.architecture")
    sizes = {
        key: getattr(builtin, key) if (own := getattr(table, key)) is None else own
        for key in Sizes.__dataclass_fields__
    }
    return Architecture(module, Sizes(**sizes))


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
