"""The names of a module's layers for nodes, as both of torch's exporters note them."""

from __future__ import annotations

from onnx import helper

from bnngen.frontend.from_torch.names import SCOPES, rename


def renamed(*nodes: tuple[str, str], layers: tuple[str, ...], noted: bool = False) -> list[str]:
    """The names of nodes, each given as its operator and what the exporter says of its place."""
    made = []
    for operator, place in nodes:
        node = helper.make_node(operator, ["x"], ["y"], name="node_1" if noted else place)
        if noted:
            node.metadata_props.add(key=SCOPES, value=place)
        made.append(node)
    graph = helper.make_graph(made, "g", [], [])
    model = helper.make_model(graph)
    rename(model, layers)
    return [node.name for node in model.graph.node]


def test_the_old_exporters_paths() -> None:
    layers = ("", "layer1", "layer1.0", "layer1.0.conv1", "layer1.0.act")
    nodes = (
        ("Where", "/layer1/layer1.0/conv1/Where"),
        ("Conv", "/layer1/layer1.0/conv1/Conv"),
        ("GreaterOrEqual", "/layer1/layer1.0/act/GreaterOrEqual"),
        ("Where", "/layer1/layer1.0/act/Where"),
        ("Add", "/layer1/layer1.0/Add"),
        ("Flatten", "/Flatten"),
        ("Add", "/layer1/layer1.0/Add_1"),
    )
    assert renamed(*nodes, layers=layers) == [
        "layer1.0.conv1.Where",
        "layer1.0.conv1",
        "layer1.0.act.GreaterOrEqual",
        "layer1.0.act",
        "layer1.0.Add",
        "Flatten",
        "layer1.0.Add_2",
    ]


def test_the_new_exporters_notes() -> None:
    nodes = (("Gemm", "['', 'body', 'body.fc', 'linear']"), ("Relu", "['', 'body', 'relu']"))
    assert renamed(*nodes, layers=("", "body", "body.fc"), noted=True) == ["body.fc", "body.Relu"]


def test_what_is_inside_a_layer_bears_its_name() -> None:
    nodes = (("Quant", "/conv/weight_quant/export_handler/Quant"), ("Conv", "/conv/Conv"))
    assert renamed(*nodes, layers=("", "conv")) == ["conv.Quant", "conv"]


def test_a_layer_that_is_used_twice_names_its_first_product() -> None:
    assert renamed(("Conv", "/a/Conv"), ("Conv", "/a/Conv_1"), layers=("", "a")) == ["a", "a.Conv"]


def test_no_two_nodes_have_one_name() -> None:
    layers = ("", "a", "a.Add")
    nodes = (("Add", "/a/Add_1"), ("Sub", "/a/Add/Sub"), ("Add", "/a/Add_2"), ("Constant", "/a/Add/Constant"))
    assert renamed(*nodes, layers=layers) == ["a.Add_2", "a.Add", "a.Add_3", "a.Add.Constant"]


def test_names_of_nobody() -> None:
    assert renamed(("Add", ""), ("Add", "x/y"), layers=("",)) == ["Add", "Add_2"]
