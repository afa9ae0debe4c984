"""Changes of nodes and of what they read: other operators, domains, names and inputs."""

from __future__ import annotations

import onnx

from tests.fuzz.mutate.draft import Draft, SkipError, mutator

LIKE = (
    ("Add", "Sub", "Mul", "Div", "Max", "Min", "Pow", "MatMul"),
    ("MaxPool", "AveragePool"),
    (
        "Relu",
        "Identity",
        "Dropout",
        "Sign",
        "Abs",
        "Neg",
        "Sigmoid",
        "Tanh",
        "Softmax",
        "Flatten",
        "LeakyRelu",
    ),
    ("Quant", "IntQuant", "Trunc"),
    ("ArgMax", "ArgMin"),
    ("Unsqueeze", "Squeeze"),
    ("GlobalAveragePool", "GlobalMaxPool", "Flatten"),
    ("Softmax", "LogSoftmax", "Identity", "Hardmax"),
    ("Gemm", "MatMul", "Conv", "ConvTranspose"),
    ("Resize", "Upsample"),
    ("QuantizeLinear", "DequantizeLinear"),
    ("QLinearConv", "QLinearMatMul"),
    ("ConvInteger", "MatMulInteger"),
    ("QLinearAdd", "QLinearMul"),
    ("QLinearGlobalAveragePool", "QLinearAveragePool", "QLinearLeakyRelu", "QLinearSigmoid"),
)
"""Operators that take the same inputs."""
DOMAINS = (
    *("", "ai.onnx", "onnx.brevitas", "qonnx.custom_op.general", "finn.custom_op.general", "com.microsoft"),
    *("qonnx.custom_op.channels_last", "evil", "bnngen", "ai.onnx.ml"),
)
NAMES = (
    "",
    "x",
    "[bold]x[/bold]",
    "\x1b[2J",
    "a b/c",
    "é" * 300,
    "../../etc",
    "%s{0}",
    "\n",
    "Add_0",
    "input",
)


@mutator(3)
def operator_like(draft: Draft) -> None:
    """An operator that takes the same inputs."""
    group = draft.pick(LIKE)
    node = draft.pick(n for n in draft.graph.node if n.op_type in group)
    node.op_type = draft.pick(set(group) - {node.op_type})
    if node.op_type in ("Identity", "Flatten", "Relu", "Sign"):
        del node.attribute[:]


@mutator(0.7)
def operator_any(draft: Draft) -> None:
    draft.node().op_type = draft.pick(
        (*(n.op_type for n in draft.graph.node), "Relu", "Sqrt", "", "Nonsense")
    )


@mutator(1)
def domain(draft: Draft) -> None:
    """Another domain of an operator, mostly with an import."""
    node = draft.node()
    node.domain = draft.pick(DOMAINS)
    if draft.chance(0.7) and node.domain not in {o.domain for o in draft.model.opset_import}:
        draft.model.opset_import.add(domain=node.domain, version=1)


@mutator(2)
def node_name(draft: Draft) -> None:
    """A name that another node has, none, or one that looks like markup, a path or a command."""
    node = draft.node()
    node.name = draft.pick((*NAMES, *(n.name for n in draft.graph.node)))


@mutator(1.5)
def tensor_name(draft: Draft) -> None:
    """A tensor by another name, wherever it stands."""
    old = draft.pick(sorted(draft.tensors() - {""}))
    new = draft.pick(n for n in NAMES if n)
    for node in draft.graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                if name == old:
                    names[index] = new
    for named in (*draft.graph.initializer, *draft.graph.input, *draft.graph.output):
        if named.name == old:
            named.name = new


@mutator(1)
def rewired(draft: Draft) -> None:
    """An input that reads another tensor: one of the same shape, or any."""
    number, index = draft.edge()
    names = sorted(draft.computed() if draft.chance(0.8) else draft.tensors())
    old = draft.graph.node[number].input[index]
    if draft.chance(0.7):
        names = [n for n in names if draft.shapes.get(n) == draft.shapes.get(old, ())]
    draft.graph.node[number].input[index] = draft.pick(n for n in names if n != old)


@mutator(3)
def inputs_swapped(draft: Draft) -> None:
    """The first two inputs the other way round, mostly where that means something."""
    ops = ("Add", "Sub", "Mul", "Div", "MatMul", "Concat")
    node = draft.pick(
        n for n in draft.graph.node if len(n.input) > 1 and (n.op_type in ops or draft.chance(0.1))
    )
    node.input[0], node.input[1] = node.input[1], node.input[0]


@mutator(0.7)
def input_dropped(draft: Draft) -> None:
    node = draft.pick(n for n in draft.graph.node if n.input)
    if draft.chance(0.5):
        node.input[draft.random.randrange(len(node.input))] = ""
    else:
        node.input.pop()


@mutator(0.5)
def input_added(draft: Draft) -> None:
    draft.node().input.append(draft.pick(sorted(draft.tensors())))


@mutator(2)
def node_removed(draft: Draft) -> None:
    """What read its output reads its first input."""
    node = draft.pick(n for n in draft.graph.node if n.input and n.output)
    old, new = node.output[0], node.input[0]
    for output in draft.graph.output:
        if output.name == old:
            output.name = new
    draft.graph.node.remove(node)
    for reader in draft.graph.node:
        for index, name in enumerate(reader.input):
            if name == old:
                reader.input[index] = new


@mutator(2)
def node_twice(draft: Draft) -> None:
    """A copy of a node, whose output one of the readers gets."""
    number, index = draft.edge()
    name = draft.graph.node[number].input[index]
    copy = onnx.NodeProto()
    copy.CopyFrom(draft.pick(n for n in draft.graph.node if name in n.output))
    fresh = draft.fresh(name)
    copy.output[list(copy.output).index(name)] = fresh
    copy.name += draft.pick(("", "_copy"))
    draft.graph.node[number].input[index] = fresh
    nodes = list(draft.graph.node)
    draft.replace_nodes([*nodes[:number], copy, *nodes[number:]])


@mutator(0.7)
def nodes_moved(draft: Draft) -> None:
    """Two neighbours the other way round."""
    nodes = list(draft.graph.node)
    at = draft.pick(range(len(nodes) - 1))
    nodes[at], nodes[at + 1] = nodes[at + 1], nodes[at]
    draft.replace_nodes(nodes)


@mutator(0.5)
def output_taken(draft: Draft) -> None:
    """Two nodes that make one tensor, or an output without a name, or one too many."""
    node = draft.pick(n for n in draft.graph.node if n.output)
    kind = draft.pick(("same", "none", "more"))
    if kind == "more":
        node.output.append(draft.fresh("more"))
    else:
        node.output[0] = "" if kind == "none" else draft.pick(draft.graph.node).output[0]


@mutator(3)
def batch_norm_parameters(draft: Draft) -> None:
    """Gamma, beta, mean and variance in another order."""
    node = draft.pick(n for n in draft.graph.node if n.op_type == "BatchNormalization" and len(n.input) == 5)
    a, b = draft.random.sample(range(1, 5), 2)
    if node.input[a] == node.input[b]:
        raise SkipError
    node.input[a], node.input[b] = node.input[b], node.input[a]
