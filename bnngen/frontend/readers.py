"""What reads each operator of a file: the register into which the files under `nodes` write themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import onnx

from bnngen.base.errors import ModelError
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.remedies import near_operators, remedy_of
from bnngen.frontend.schema import QONNX, STANDARD, Definition

Handler = Callable[[OnnxNode, Any], None]
"""Reads a node into the importer that it is given."""
_H = TypeVar("_H", bound=Handler)


class Reader(NamedTuple):
    """What reads an operator, and its definition where ONNX has none."""

    handler: Handler
    definition: Definition | None
    any_axes: bool


_READERS: dict[tuple[str, str], Reader] = {}
"""By domain and operator."""


def handles(
    *op_types: str,
    domains: tuple[str, ...] = STANDARD,
    definition: Definition | None = None,
    any_axes: bool = False,
) -> Callable[[_H], _H]:
    """Registers a function as the reader of the operators ``op_types`` in these ``domains``; ``definition``
    is that of operators that ONNX does not define. ``any_axes``: whether it takes tensors whose axes have
    another order in the file than in the graph (`Activation.axes`); the others get them as they want them."""

    def register(handler: _H) -> _H:
        reader = Reader(handler, definition, any_axes)
        _READERS.update({(domain, op_type): reader for domain in domains for op_type in op_types})
        return handler

    return register


def handler_of(op_type: str) -> Handler:
    """The reader of one of ONNX's operators, for readers of operators that contain it."""
    return _READERS["", op_type].handler


def readers() -> Mapping[tuple[str, str], Reader]:
    """What reads each operator, by domain and name."""
    return MappingProxyType(_READERS)


def supported_operators() -> list[str]:
    """The names of all operators that have a reader, sorted."""
    return sorted({op_type for _, op_type in _READERS})


def reader_of(node: onnx.NodeProto, name: str) -> Reader:
    """What reads a node. Raises ModelError, with the remedy, where there is no such reader."""
    domain = str(node.domain)  # of a damaged file it may be bytes
    reader = _READERS.get((domain, node.op_type))
    if reader is not None and not node.overload:
        return reader
    own = domain in (*STANDARD, *QONNX)
    what = (
        f"the operator {node.op_type} is not supported"
        if own
        else f"{node.op_type} is of the domain '{domain}', which is not supported"
    )
    if (remedy := remedy_of(domain, node.op_type)) is not None:
        raise ModelError(name, f"{what}: {remedy.because}", remedy.instead)
    homes = sorted(domain for domain, op_type in _READERS if op_type == node.op_type)
    if own and homes:
        raise ModelError(name, f"{what} in the domain '{domain}'", f"it belongs to '{homes[-1]}'")
    if own:
        raise ModelError(name, what, near_operators(node.op_type, supported_operators()))
    raise ModelError(name, f"{what}: what its nodes mean is not known here", "export with standard operators")
