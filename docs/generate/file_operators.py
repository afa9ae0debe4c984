"""Two pages on model files: what is accepted of each operator, and what to do in the place of others."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

import onnx
from onnx import AttributeProto

from bnngen.frontend import nodes
from bnngen.frontend.cases import CASES
from bnngen.frontend.readers import Reader, readers
from bnngen.frontend.remedies import REMEDIES, Remedy
from bnngen.frontend.schema import LEAST_OPSET, MOST_OPSET, STANDARD
from docs.generate.prose import prose

ROOM = nodes.__name__.rpartition(".")[0]
"""The package whose functions are looked into."""
ACCEPTED = f"""\
# Operators of model files

What the importer reads, made of its readers: what each operator means, the versions of ONNX's operator set
that define it anew (of {LEAST_OPSET} to {MOST_OPSET}, which are accepted), its inputs and attributes, and
every reason for which a node is refused. What differs from message to message stands as `...`.
[Import](import.md#operators) has the short table, and [What to do instead](remedies.md) the operators that
are not here.
"""
INSTEAD = """\
# What to do instead

Operators that can't become integers, why, and what to do. The message for a node says the same, and
`bnngen inspect` shows all such nodes of a file at once. What is accepted is in
[Operators of model files](file-operators.md).

| domain | operators | why not | what to do |
|---|---|---|---|
"""
OFTEN = """
Operators that are read, and uses of them that are not:

| operator | where it | why not | what to do |
|---|---|---|---|
"""
_TYPES = {
    AttributeProto.INT: "whole number",
    AttributeProto.INTS: "whole numbers",
    AttributeProto.FLOAT: "number",
    AttributeProto.FLOATS: "numbers",
    AttributeProto.STRING: "text",
    AttributeProto.STRINGS: "texts",
    AttributeProto.TENSOR: "tensor",
}


def file_operators_page() -> str:
    """Each operator that has a reader, by the domains that it is read in."""
    sections: dict[tuple[str, ...], dict[str, Reader]] = {}
    for operator in sorted({name for _, name in readers()}, key=str.lower):
        homes: dict[int, list[str]] = {}
        for (domain, name), reader in readers().items():
            if name == operator:
                homes.setdefault(id(reader), []).append(domain)
        for home in homes.values():
            sections.setdefault(tuple(home), {})[operator] = readers()[home[0], operator]
    lines = [ACCEPTED]
    for domains, operators in sorted(sections.items(), key=lambda item: item[0]):
        lines.append(f"## {_domains(domains)}\n")
        lines += [line for name, reader in operators.items() for line in _operator(name, reader, domains)]
    return "\n".join(lines)


def _domains(domains: tuple[str, ...]) -> str:
    if domains == STANDARD:
        return "ONNX"
    first, *others = domains
    return f"Domain {first}" + (f" (also {', '.join(others)})" if others else "")


def _operator(name: str, reader: Reader, domains: tuple[str, ...]) -> Iterator[str]:
    yield f"### {name}\n"
    yield f"{prose(inspect.getdoc(reader.handler) or '')}\n"
    yield from (f"- {fact}" for fact in _facts(name, reader, domains))
    if reasons := refusals_of(reader.handler):
        yield "- Refused where it"
        yield from (f"    - {_cell(reason)}" for reason in reasons)
    yield ""


def _facts(name: str, reader: Reader, domains: tuple[str, ...]) -> Iterator[str]:
    if reader.definition is not None:
        known: Mapping[str, int] = reader.definition.attributes
        most = reader.definition.most_inputs
        yield f"Inputs: at most {most}" if most < 1 << 16 else "Inputs: any number"
        yield f"Attributes: {_attributes(known)}"
        return
    yield f"Versions: {', '.join(map(str, _versions(name)))}"
    schema = onnx.defs.get_schema(name, MOST_OPSET, "") if _versions(name) else None
    if schema is not None:
        optional = onnx.defs.OpSchema.FormalParameterOption.Optional
        inputs = [
            f"`{i.name}`" + (" (may be missing)" if i.option == optional else "") for i in schema.inputs
        ]
        yield f"Inputs: {', '.join(inputs) or 'none'}"
        yield f"Attributes: {_attributes({n: a.type.value for n, a in sorted(schema.attributes.items())})}"


def _attributes(types: Mapping[str, int]) -> str:
    return ", ".join(f"`{name}` ({_TYPES.get(type_, 'other')})" for name, type_ in types.items()) or "none"


def _versions(name: str) -> list[int]:
    """The versions from `LEAST_OPSET` on, and the last one before it, in which ONNX defines an operator."""
    schemas = onnx.defs.get_all_schemas_with_history()
    since = sorted(s.since_version for s in schemas if s.name == name and s.domain == "")
    first = max((version for version in since if version <= LEAST_OPSET), default=LEAST_OPSET)
    return [version for version in since if version >= first]


def refusals_of(handler: Callable[..., Any]) -> list[str]:
    """The reasons that a reader gives for its refusals, and those of the functions that it calls."""
    seen: dict[Callable[..., Any], None] = {}
    waiting, reasons = [handler], dict[str, None]()
    while waiting:
        function = waiting.pop(0)
        if function in seen:
            continue
        seen[function] = None
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        module = inspect.getmodule(function)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                reasons.update(dict.fromkeys(_reason(node)))
                waiting += _called(node, module)
    return list(reasons)


def _reason(call: ast.Call) -> Iterator[str]:
    """The text with which a node is refused."""
    if isinstance(call.func, ast.Attribute) and call.func.attr == "error" and call.args:
        text = call.args[0]
        if isinstance(text, ast.JoinedStr):
            yield "".join(str(p.value) if isinstance(p, ast.Constant) else "`...`" for p in text.values)
        elif isinstance(text, ast.Constant):
            yield str(text.value)


def _called(call: ast.Call, module: ModuleType | None) -> list[Callable[..., Any]]:
    if not isinstance(call.func, ast.Name):
        return []
    found = getattr(module, call.func.id, None)
    return [found] if inspect.isfunction(found) and found.__module__.startswith(ROOM) else []


def remedies_page() -> str:
    """The table of `bnngen.frontend.remedies`."""
    rows: dict[tuple[str, int], tuple[Remedy, list[str]]] = {}
    for (domain, operator), remedy in REMEDIES.items():
        rows.setdefault((domain, id(remedy)), (remedy, []))[1].append(operator)
    table = INSTEAD + "".join(f"{_row(domain, *row)}\n" for (domain, _), row in rows.items()) + OFTEN

    return table + "".join(
        f"| `{operator}` | {_cell(remedy.when)} | {_cell(remedy.because)} | {_cell(remedy.instead)} |\n"
        for operator, remedies in CASES.items()
        for remedy in remedies
    )


def _row(domain: str, remedy: Remedy, operators: list[str]) -> str:
    names = ", ".join(f"`{name}`" for name in operators if name) or "all others"
    where = f"`{domain}`" if domain else "ONNX"
    return f"| {where} | {names} | {_cell(remedy.because)} | {_cell(remedy.instead)} |"


def _cell(text: str) -> str:
    return prose(text).replace("|", r"\|").replace("_", r"\_").replace("<", "&lt;")
