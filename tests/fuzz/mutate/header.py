"""Changes of what stands around the nodes: input, outputs, versions, functions, and of the bytes themselves."""

from __future__ import annotations

from random import Random

import onnx
from onnx import TensorProto, helper

from tests.fuzz.mutate.draft import Draft, SkipError, mutator


@mutator(2.5)
def batch(draft: Draft) -> None:
    """Another batch size, or a name in its place, or neither."""
    dims = draft.input.type.tensor_type.shape.dim
    if not dims:
        raise SkipError
    wanted = draft.pick(("N", "batch_size", "", 1, 1, 2, 4, 8, 0, -1, 1 << 40))
    if isinstance(wanted, int):
        dims[0].dim_value = wanted
    else:
        dims[0].dim_param = wanted


@mutator(1)
def input_shape(draft: Draft) -> None:
    """One dimension changed, unnamed, added or taken away."""
    dims = draft.input.type.tensor_type.shape.dim
    if not dims:
        raise SkipError
    kind = draft.pick(("value", "value", "name", "none", "more", "less"))
    at = draft.random.randrange(len(dims))
    if kind == "value":
        values = (0, 1, 2, 3, -1, 7, 16, dims[at].dim_value + 1, dims[at].dim_value * 2, 1 << 20, 1 << 40)
        dims[at].dim_value = draft.pick(v for v in values if v < 1 << 63)
    elif kind == "name":
        dims[at].dim_param = "W"
    elif kind == "none":
        dims[at].Clear()
    elif kind == "more":
        dims.add(dim_value=draft.pick((1, 2)))
    else:
        dims.pop()


@mutator(0.7)
def input_type(draft: Draft) -> None:
    source = draft.input
    if draft.chance(0.2):
        source.ClearField("type")
    else:
        source.type.tensor_type.elem_type = draft.pick((0, 1, 2, 3, 7, 8, 9, 10, 11, 16))


@mutator(0.3)
def another_input(draft: Draft) -> None:
    info = helper.make_tensor_value_info("other", TensorProto.FLOAT, [1, 4])
    draft.graph.input.insert(draft.random.randrange(2), info)


@mutator(1.5)
def output(draft: Draft) -> None:
    """Another tensor as the output, one more output, or one that nobody makes."""
    kind = draft.pick(("other", "other", "more", "none", "unknown", "constant"))
    names = sorted(n for n in draft.computed() if n)
    if kind == "other":
        draft.graph.output[0].name = draft.pick(names)
    elif kind == "more":
        draft.graph.output.add(name=draft.pick(names))
    elif kind == "none":
        del draft.graph.output[:]
    elif kind == "unknown":
        draft.graph.output[0].name = "nobody"
    else:
        draft.graph.output[0].name = draft.pick(i.name for i in draft.graph.initializer)


@mutator(2.5)
def opset(draft: Draft) -> None:
    """Another version of the operators, mostly a near one."""
    imports = draft.model.opset_import
    known = draft.pick(imports)
    known.version = (
        draft.pick((7, 8, 9, 10, 11, 12, 14, 15, 17, 18, 20, 21, 22))
        if draft.chance(0.8)
        else draft.pick((0, 1, 6, 99, -1))
    )
    if draft.chance(0.05):
        imports.remove(known)


@mutator(1)
def head(draft: Draft) -> None:
    """What should not matter, or hardly."""
    kind = draft.pick(("ir", "producer", "doc", "metadata", "info", "training", "quantization"))
    if kind == "ir":
        draft.model.ir_version = draft.pick((0, 3, 4, 7, 8, 10, 13, 99))
    elif kind == "producer":
        draft.model.producer_name = "\x1b[31m[red]"
    elif kind == "doc":
        draft.graph.doc_string = draft.graph.name = "</script>"
    elif kind == "metadata":
        draft.model.metadata_props.add(key="bnngen.classes", value=draft.pick(("[]", "{", '["a"]')))
    elif kind == "info":
        name = draft.pick(sorted(draft.computed()))
        draft.graph.value_info.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 999]))
    elif kind == "training":
        draft.model.training_info.add()
    else:
        draft.graph.quantization_annotation.add(tensor_name=draft.input.name)


def _function(draft: Draft, node: onnx.NodeProto, body: list[onnx.NodeProto], domain: str, name: str) -> None:
    """A local function of one output that takes what ``node`` takes."""
    inputs = [f"i{k}" for k in range(len(node.input))]
    known = {o.domain: o.version for o in draft.model.opset_import}
    imports = {"": known.get("", 13) if draft.chance(0.8) else 13, domain: known.get(domain, 1)}
    versions = [helper.make_opsetid(name, version) for name, version in imports.items()]
    function = helper.make_function(domain, name, inputs, ["o"], body, versions)
    draft.model.functions.append(function)
    if domain not in known:
        draft.model.opset_import.add(domain=domain, version=1)


@mutator(1)
def local_function(draft: Draft) -> None:
    """A node of a name that is known, which a function of the file gives another meaning; or the same one."""
    node = draft.pick(n for n in draft.graph.node if len(n.output) == 1 and n.input)
    inputs = [f"i{k}" for k in range(len(node.input))]
    same = helper.make_node(node.op_type, inputs, ["o"], domain=node.domain)
    same.attribute.extend(node.attribute)
    other = helper.make_node(draft.pick(("Neg", "Identity", "Relu")), inputs[:1], ["o"])
    domain = draft.pick(("local", "local", "com.example", node.domain))
    name = draft.pick((node.op_type, "Block"))
    _function(draft, node, [same] if draft.chance(0.4) else [other], domain, name)
    node.domain, node.op_type = domain, name
    del node.attribute[:]


@mutator(0.4)
def subgraph(draft: Draft) -> None:
    """A node with a graph of its own."""
    node = draft.node()
    body = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [], [])
    node.attribute.add(name="then_branch", type=onnx.AttributeProto.GRAPH).g.CopyFrom(body)


def flipped(random: Random, contents: bytes) -> bytes:
    """Some bytes changed, cut off, taken out, or repeated."""
    changed = bytearray(contents)
    at = random.randrange(len(changed))
    kind = random.choice(("flip", "flip", "flip", "cut", "out", "again"))
    if kind == "flip":
        for _ in range(random.choice((1, 1, 4))):
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    elif kind == "cut":
        del changed[at:]
    elif kind == "out":
        del changed[at : at + random.choice((1, 8))]
    else:
        changed[at:at] = changed[at : at + 16]
    return bytes(changed)
