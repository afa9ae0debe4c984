"""The ports of a hardware component as its constructor writes them, so that their widths are formulas."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from amaranth.lib.wiring import Component

Names = Mapping[str, ast.expr]


@dataclass(frozen=True)
class Port:
    """A port: ``kind`` is "stream", "AXI4-Stream" or "signal", ``width`` a formula of the parameters."""

    name: str
    direction: Literal["in", "out"]
    kind: str
    width: str


KINDS = {"bit_stream": "stream", "stream.Signature": "stream", "axi_stream": "AXI4-Stream"}
"""How the code calls the signatures that are more than a signal."""


def ports_of(component: type[Component]) -> list[Port]:
    """The ports of a component, in the order in which its constructor, or the one it inherits, names them.

    Raises LookupError if no constructor hands a dict of members to Amaranth.
    """
    for base in component.__mro__:
        constructor = base.__dict__.get("__init__")
        if constructor and base not in (Component, object):
            function = ast.parse(textwrap.dedent(inspect.getsource(constructor))).body[0]
            names = dict(_assigned(function))
            for members in _given_to_super(function, names):
                return list(_ports(members, names))
    raise LookupError(f"{component.__qualname__} names no ports in a dict that it gives to super().__init__")


def _assigned(function: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """The local names of a function with what they stand for."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=True))
            yield from ((name.id, value) for name, value in pairs if isinstance(name, ast.Name))


def _given_to_super(function: ast.stmt, names: Names) -> Iterator[ast.Dict]:
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    for call in calls:
        if ast.unparse(call.func) == "super().__init__" and len(call.args) == 1:
            members = _meant(call.args[0], names)
            if isinstance(members, ast.Dict):
                yield members


def _meant(value: ast.expr, names: Names) -> ast.expr:
    return names.get(value.id, value) if isinstance(value, ast.Name) else value


def _ports(members: ast.expr, names: Names) -> Iterator[Port]:
    if isinstance(members, ast.DictComp):
        yield _port(members.key, members.value, names)
    elif isinstance(members, ast.Dict):
        for key, value in zip(members.keys, members.values, strict=True):
            yield from _ports(_meant(value, names), names) if key is None else [_port(key, value, names)]


def _port(key: ast.expr, value: ast.expr, names: Names) -> Port:
    """A port from ``"name": In(signature)``; the name is an f-string where there are several."""
    call = _meant(value, names)
    assert isinstance(call, ast.Call)
    name = ast.literal_eval(key) if isinstance(key, ast.Constant) else _numbered(key)
    shape, kind = _meant(call.args[0], names), "signal"
    if isinstance(shape, ast.Call) and ast.unparse(shape.func) in KINDS:
        kind, shape = KINDS[ast.unparse(shape.func)], _meant(shape.args[0], names)
    return Port(name, "in" if ast.unparse(call.func) == "In" else "out", kind, _formula(shape, names))


def _numbered(key: ast.expr) -> str:
    """``f"o{k}"`` as ``o<k>``."""
    assert isinstance(key, ast.JoinedStr)
    parts = (part if isinstance(part, ast.Constant) else part.value for part in key.values)  # type: ignore[attr-defined]
    return "".join(str(p.value) if isinstance(p, ast.Constant) else f"<{ast.unparse(p)}>" for p in parts)


def _formula(shape: ast.expr, names: Names) -> str:
    """A width with its local names replaced; a parameter that is kept under its name stands for itself."""

    class Replaced(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            value = names.get(node.id, node)
            length = isinstance(value, ast.Call) and ast.unparse(value.func) == "len"
            return value if length or isinstance(value, ast.BinOp) else node

    return ast.unparse(Replaced().visit(shape)).replace("self.", "")
