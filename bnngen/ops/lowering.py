"""From the nodes of a rewritten graph to layers: each kind of layer says which nodes it is made of."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NamedTuple

import bnngen.ops
from bnngen.base.errors import ModelError
from bnngen.ir.graph import Op, Shape
from bnngen.numbers.datatypes import IntType
from bnngen.ops.layer import Layer

MOST_SUM_BITS = 62
"""Bits of the absolute value of a sum: int64 holds it, twice as much, and its threshold above."""


class Site(NamedTuple):
    """A node: its name, and the types and shapes of what it reads."""

    name: str
    types: list[IntType]
    shapes: list[Shape]


class _Rule(NamedTuple):
    when: Callable[[Any, Site], bool] | None
    layer: Callable[[Any, Site], Layer]


Lowering = Callable[[Any, Site], Layer]
_RULES: dict[type, list[_Rule]] = {}


def lowers(*kinds: type, when: Callable[[Any, Site], bool] | None = None) -> Callable[[Lowering], Lowering]:
    """Registers a function that makes the layer of a node whose operator is of these kinds, of its operator
    and its site. Those that have a condition, ``when``, are asked before those that have none."""

    def register(function: Lowering) -> Lowering:
        for kind in kinds:
            rules = _RULES.setdefault(kind, [])
            rules.insert(0 if when else len(rules), _Rule(when, function))
        return function

    return register


def lowered(op: Op, site: Site) -> Layer:
    """The layer of a node. Raises ModelError if it has none that is exact."""
    rules = _rules()[type(op)]
    return next(rule.layer(op, site) for rule in rules if rule.when is None or rule.when(op, site))


def has_layer(op: Op) -> bool:
    """Whether some layer computes what ``op`` does to integers."""
    return type(op) in _rules()


def check_sum(name: str, greatest: int) -> None:
    """Raises ModelError where int64 might not hold a sum whose absolute value may be ``greatest``."""
    if (bits := greatest.bit_length()) > MOST_SUM_BITS:
        raise ModelError(
            name,
            f"makes sums of {bits} bits; at most {MOST_SUM_BITS} are supported: "
            "put a quantiser in front of it",
        )


@cache
def _rules() -> dict[type, list[_Rule]]:
    """All rules: those of every file of this room."""
    for module in iter_modules(bnngen.ops.__path__):
        import_module(f"bnngen.ops.{module.name}")
    return _RULES
