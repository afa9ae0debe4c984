"""What the definitions of the operators say of a node: how many inputs it takes, and which attributes.

Those of ONNX come with the package onnx, for the version of the operator set that the file names. Those of
QONNX and FINN are few, and stand with their readers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import onnx
from onnx import AttributeProto

STANDARD = ("", "ai.onnx")
"""The two names of ONNX's own domain."""
QONNX = ("qonnx.custom_op.general", "onnx.brevitas", "finn.custom_op.general", "finn")
"""Where the quantisers are defined; the last three are former names of the first."""
LEAST_OPSET, MOST_OPSET = 7, onnx.defs.onnx_opset_version()
"""Before 7 the elementwise operators broadcast in another way."""

_FIELDS = {
    AttributeProto.INT: "i",
    AttributeProto.FLOAT: "f",
    AttributeProto.STRING: "s",
    AttributeProto.INTS: "ints",
    AttributeProto.FLOATS: "floats",
    AttributeProto.STRINGS: "strings",
    AttributeProto.TENSOR: "t",
}
"""Where the value of an attribute is, by its type."""
_NAMELESS = {"name", "type", "doc_string"}


@dataclass(frozen=True)
class Definition:
    """How many inputs an operator may have (its reader says which it needs), and the types of its attributes
    by name (`AttributeProto.INT` ...); those in ``required`` can't be left out."""

    most_inputs: int
    attributes: Mapping[str, int] = field(default_factory=dict)
    required: frozenset[str] = frozenset()


def standard_definition(operator: str, opset: int) -> Definition:
    """ONNX's own definition, in this version of the operator set. Raises ValueError if it has none."""
    try:
        schema = onnx.defs.get_schema(operator, opset, "")
    except onnx.defs.SchemaError:
        raise ValueError(f"is no operator of opset {opset}") from None
    return Definition(
        schema.max_input,
        {name: attribute.type.value for name, attribute in schema.attributes.items()},
        frozenset(name for name, attribute in schema.attributes.items() if attribute.required),
    )


def checked_attributes(node: onnx.NodeProto, definition: Definition) -> dict[str, Any]:
    """The node's attributes by name; texts as str. Raises ValueError where the node does not fit its
    definition."""
    if len(node.input) > definition.most_inputs:
        raise ValueError(f"has {len(node.input)} inputs; it takes {definition.most_inputs}")
    found: dict[str, Any] = {}
    for attribute in node.attribute:
        if attribute.name in found:
            raise ValueError(f"has its attribute {attribute.name} twice")
        if attribute.name not in definition.attributes:
            accepted = ", ".join(sorted(definition.attributes)) or "none"
            raise ValueError(f"has the attribute {attribute.name}, which it does not know; known: {accepted}")
        found[attribute.name] = _value(attribute, definition.attributes[attribute.name])
    if missing := definition.required - found.keys():
        raise ValueError(f"lacks its attribute {min(missing)}")
    return found


def _value(attribute: AttributeProto, type_: int) -> Any:
    wanted = AttributeProto.AttributeType.Name(type_)
    fields = {f.name for f, _ in attribute.ListFields()} - _NAMELESS
    if attribute.type != type_ or type_ not in _FIELDS or not fields <= {_FIELDS[type_]}:
        kind = AttributeProto.AttributeType.Name(attribute.type)
        held = f" that holds {', '.join(sorted(fields))}" if attribute.type == type_ else ""
        raise ValueError(f"has its attribute {attribute.name} of type {kind}{held}; accepted: {wanted}")
    value = getattr(attribute, _FIELDS[type_])
    if type_ == AttributeProto.STRING:
        return _text(value, attribute.name)
    if type_ in (AttributeProto.INTS, AttributeProto.FLOATS):
        return list(value)
    return value


def _text(value: bytes, name: str) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise ValueError(f"has its attribute {name} of bytes that are no text") from None
