"""Two pages from docstrings: what each integer operator computes, and what each pass rewrites."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import bnngen.ops
import bnngen.passes
from bnngen.passes.lower import RULES
from docs.generate.prose import prose

ARROW = "=>"
OPERATORS = """\
# Operators

The layers of the integer network, one a file of `bnngen/ops`. Each knows its exact meaning in numpy, the
ways to build it, what they cost, and its hardware. [Import](import.md#operators) has those of model files.
"""
PASSES = """\
# Passes

The rewrites of the quantised graph, one a file of `bnngen/passes`, in the order in which they are tried.
The order decides the speed, not the result. [Import](import.md#the-rewrites) tells what the words mean.
"""


def operators() -> list[type]:
    """The layers of the integer network: the dataclasses of ``bnngen.ops`` that say what they compute and of
    which shape their output is."""
    return [
        value
        for module in _modules(bnngen.ops)
        for value in vars(module).values()
        if inspect.isclass(value) and value.__module__ == module.__name__ and dataclasses.is_dataclass(value)
        if hasattr(value, "compute") and hasattr(value, "output_shape")
    ]


def operators_page() -> str:
    """Each operator with its fields and its docstring."""
    return "\n".join([OPERATORS, *(line for kind in operators() for line in _operator(kind))])


def _operator(kind: type) -> Iterator[str]:
    module = importlib.import_module(kind.__module__)
    yield f"## {getattr(kind, 'kind', kind.__name__)}\n"
    yield f"{prose(inspect.getdoc(module) or '')} (`{kind.__module__}`)\n"
    yield f"{prose(inspect.getdoc(kind) or '')}\n"
    fields = ", ".join(f"`{field.name}`" for field in dataclasses.fields(kind))
    place = f"reference/bnngen.ops.md#{kind.__module__}.{kind.__name__}"
    yield f"Fields: {fields}. [All of its methods]({place})\n"


def passes() -> dict[ModuleType, list[str]]:
    """The modules of rewrites with the names of their rules, in the order of ``RULES``.

    Then come those that rewrite, but are no rules.
    """
    found: dict[str, list[str]] = {}
    for rule in RULES:
        found.setdefault(rule.__module__, []).append(rule.__name__)
    others = (m.__name__ for m in _modules(bnngen.passes) if ARROW in _opening(m)[0])
    return {importlib.import_module(name): found.get(name, []) for name in dict.fromkeys([*found, *others])}


def passes_page() -> str:
    """Each file of rewrites: what stands before and after, and why that is exact."""
    return "\n".join([PASSES, *(line for module, rules in passes().items() for line in _pass(module, rules))])


def _pass(module: ModuleType, rules: list[str]) -> Iterator[str]:
    rewritten, reason = _opening(module)
    yield f"## {module.__name__.rpartition('.')[2]}\n"
    yield (
        f"Rules: {', '.join(f'`{rule}`' for rule in rules)}.\n"
        if rules
        else "Behind all rules, or on demand.\n"
    )
    yield f"```text\n{rewritten}\n```\n"
    yield f"{prose(reason)}\n"


def _opening(module: ModuleType) -> tuple[str, str]:
    """The first lines of a module's docstring, those with an arrow, and the rest of it."""
    lines = (inspect.getdoc(module) or "").splitlines()
    count = next((k for k, line in enumerate(lines) if ARROW not in line), len(lines))
    return "\n".join(lines[:count]), "\n".join(lines[count:]).strip()


def _modules(package: ModuleType) -> list[ModuleType]:
    names = (info.name for info in pkgutil.iter_modules(package.__path__))
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]
