"""Local functions of a file: their bodies take the place of their calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import onnx
from onnx import inliner

from bnngen.base.errors import ModelFileError
from bnngen.frontend.limits import MOST_NODES
from bnngen.frontend.schema import STANDARD

MOST_NESTED = 100
"""How deep functions may call each other."""

_Key = tuple[str, str, str]


def inlined(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without calls of its local functions; the same object if it has none.

    Raises ModelFileError if a function is defined twice, calls itself, or can't be put in place.
    """
    if not model.functions:
        return model
    bodies = {(f.domain, f.name, f.overload): f.node for f in model.functions}
    if len(bodies) < len(model.functions):
        twice = Counter(f.name for f in model.functions).most_common(1)[0][0]
        raise ModelFileError(f"the model defines the local function '{twice}' twice")
    _check_meaning(model)
    sizes: dict[_Key, int] = {}
    for key in bodies:
        _count(key, bodies, sizes, ())
    if (count := _size(model.graph.node, sizes)) > MOST_NODES:
        raise ModelFileError(
            f"the model's local functions come to {count:,} operators; at most {MOST_NODES:,} are supported"
        )
    try:
        return inliner.inline_local_functions(model)
    except Exception as error:  # what the inliner throws is documented nowhere
        raise ModelFileError(f"the model's local functions can't be put in place: {error}") from None


def _check_meaning(model: onnx.ModelProto) -> None:
    """Raises ModelFileError for a function that tools read differently."""
    versions = {o.domain: o.version for o in model.opset_import}
    for function in model.functions:
        if function.domain in STANDARD:
            raise ModelFileError(
                f"the model's local function '{function.name}' is in ONNX's own domain, so that tools read "
                "its calls differently; give it a domain of its own"
            )
        for entry in function.opset_import:
            if versions.get(entry.domain, entry.version) != entry.version:
                raise ModelFileError(
                    f"the model's local function '{function.name}' is written in version {entry.version} of "
                    f"the operators of domain '{entry.domain}', the model in {versions[entry.domain]}; "
                    "export it with one version"
                )


def _count(key: _Key, bodies: dict[_Key, Any], sizes: dict[_Key, int], callers: tuple[_Key, ...]) -> None:
    """Fills in how many operators a call of the function comes to."""
    if key in sizes:
        return
    if key in callers:
        raise ModelFileError(f"the model's local function '{key[1]}' calls itself")
    if len(callers) >= MOST_NESTED:
        raise ModelFileError(f"the model's local functions call each other more than {MOST_NESTED} deep")
    for node in bodies[key]:
        if (called := _key(node)) in bodies:
            _count(called, bodies, sizes, (*callers, key))
    sizes[key] = _size(bodies[key], sizes)


def _size(nodes: Iterable[onnx.NodeProto], sizes: dict[_Key, int]) -> int:
    return sum(sizes.get(_key(node), 1) for node in nodes)


def _key(node: onnx.NodeProto) -> _Key:
    return node.domain, node.op_type, node.overload
