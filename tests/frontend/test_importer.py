"""Walking the file: names, inputs, outputs, dead nodes, and whatever no reader exists for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper
from support.onnx_files import agrees, refuses, weights_of

from bnngen.base.errors import ModelError
from bnngen.frontend import import_onnx
from bnngen.passes.lower import lower
from tests.frontend.onnx_file import File

WEIGHTS = np.array([[1.0, -2.0, 3.0], [-1.0, 1.0, 2.0], [0.0, 1.0, -1.0]])


def two_layers(model: File, names: tuple[str | None, str | None] = (None, None)) -> str:
    hidden = model.node("Gemm", model.bipolar("x"), WEIGHTS, [0.5, 1.0, -1.0], name=names[0])
    return model.node("Gemm", model.bipolar(hidden), WEIGHTS, [0.5, 1.0, -1.0], name=names[1])


def test_layers_keep_the_names_of_the_file() -> None:
    model = File(3)
    network = agrees(model, two_layers(model, ("first", "second")))
    assert [layer.name for layer in network.layers] == ["first", "second"]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (("", ""), ["Gemm_1", "Gemm_3"]),
        (("fc", "fc"), ["fc", "fc_2"]),
        (("x", "fc"), ["x_2", "fc"]),
        (("Gemm_3", ""), ["Gemm_3", "Gemm_3_2"]),
        (("fc", "fc_bias"), ["fc", "fc_bias"]),
        (("fc_bias", "fc"), ["fc_bias", "fc"]),
    ],
)
def test_missing_and_repeated_names(given: tuple[Any, ...], found: list[str]) -> None:
    """The biases need names too: theirs give way to those of the file."""
    model = File(3)
    network = agrees(model, two_layers(model, given))
    assert [layer.name for layer in network.layers] == found


def test_what_stands_behind_the_output_is_left_out() -> None:
    model = File(3)
    output = two_layers(model)
    model.node("Mul", output, -1.0)
    model.node("MatMul", model.bipolar(output), WEIGHTS)
    network = agrees(model, output)
    assert len(network.layers) == 2


def test_a_dead_branch_is_left_out() -> None:
    model = File(3)
    x = model.bipolar("x")
    model.node("MatMul", x, WEIGHTS)
    assert len(agrees(model, model.node("MatMul", x, WEIGHTS)).layers) == 1


def test_the_input_in_every_rank(tmp_path: Path) -> None:
    for shape, stream in (((5,), (5,)), ((2, 5), (5, 2)), ((2, 5, 7), (5, 7, 2))):
        model = File(*shape)
        assert import_onnx(model.save(tmp_path / "model.onnx", model.bipolar("x"))).input_shape == stream


@pytest.mark.parametrize("dims", [[], [3], [1, 2, 3, 4, 5], ["N", 0], ["N", "C"], ["N", 3, "H", "W"]])
def test_input_shapes_that_are_refused(tmp_path: Path, dims: list[Any]) -> None:
    def reshape(model: onnx.ModelProto) -> None:
        value = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, dims)
        model.graph.input[0].CopyFrom(value)

    model = File(3)
    path = model.save(tmp_path / "model.onnx", model.bipolar("x"), change=reshape)
    seen = ", ".join(str(d) if isinstance(d, int) and d > 0 else "?" for d in dims)
    known = " whose sizes are known; export the model with fixed ones, but for the batch"
    with pytest.raises(ModelError) as error:
        import_onnx(path)
    assert str(error.value) == (
        f"layer 'x': the input has shape ({seen}), not (N, features), (N, C, L) or (N, C, H, W)"
        f"{known if len(dims) in (2, 3, 4) else ''}"
    )


def test_a_fixed_batch_is_no_more_than_an_example() -> None:
    def fix(model: onnx.ModelProto) -> None:
        model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 16

    model = File(3)
    agrees(model, two_layers(model), change=fix)


def test_two_inputs_are_refused() -> None:
    def second(model: onnx.ModelProto) -> None:
        model.graph.input.append(helper.make_tensor_value_info("z", onnx.TensorProto.FLOAT, ["N", 3]))

    model = File(3)
    refuses(model, two_layers(model), "layer 'input': the network has 2 inputs, not one", change=second)
    model = File(3)
    output = two_layers(model)
    refuses(
        model,
        output,
        "layer 'input': the network has 0 inputs, not one",
        change=lambda m: m.graph.ClearField("input"),
    )


def test_two_outputs_are_refused() -> None:
    model = File(3)
    first = two_layers(model)
    second = model.node("Mul", first, 2.0)
    refuses(
        model,
        [first, second],
        f"layer '{second}': the network has 2 outputs, '{first}' and '{second}', not one: say which with --cut-at (bnngen convert MODEL --cut-at NAME --out CLEAN.onnx)",
    )


def test_an_output_that_does_not_depend_on_the_input() -> None:
    model = File(3)
    constant = model.node("Add", 1.0, 2.0)
    refuses(model, constant, f"layer '{constant}': the output does not depend on the input")
    model = File(3)
    model.bipolar("x")
    refuses(model, "nothing", "layer 'nothing': the output does not depend on the input")


def test_an_output_that_is_the_input() -> None:
    model = File(3)
    refuses(model, model.node("Identity", "x"), "layer 'x': the network has no layers")


def test_an_unsupported_operator_is_named() -> None:
    model = File(3)
    message = (
        "layer 'act': the operator MaxPol is not supported; is MaxPool, Max or GlobalMaxPool meant? All that are "
        "supported are listed in docs/import.md#operators"
    )
    refuses(model, model.node("MaxPol", "x", name="act"), message)


def test_nodes_out_of_order_are_refused() -> None:
    model = File(3)
    output = two_layers(model, ("first", "second"))
    model.nodes.reverse()
    refuses(model, output, "layer 'second': reads the tensor 't2_0', which nothing before it makes")


def test_an_unknown_tensor_is_refused() -> None:
    model = File(3)
    refuses(
        model,
        model.node("Relu", "lost", name="relu"),
        "layer 'relu': reads the tensor 'lost', which nothing before it makes",
    )


def test_real_weights_without_a_quantizer_in_front_are_refused() -> None:
    model = File(3)
    refuses(
        model,
        model.node("MatMul", "x", WEIGHTS, name="fc"),
        "layer 'fc': takes real numbers from the network's input; quantise the input first (BipolarQuant or Quant), or say "
        "what the accelerator takes (bnngen convert MODEL --input uint8:1/255 --out CLEAN.onnx)",
    )


def test_the_same_file_twice_gives_the_same_network(tmp_path: Path) -> None:
    model = File(3)
    path = model.save(tmp_path / "model.onnx", two_layers(model))
    assert weights_of(path) == weights_of(path)
    first, second = (lower(import_onnx(path)) for _ in range(2))
    assert [layer.name for layer in first.layers] == [layer.name for layer in second.layers]


def test_two_tensors_of_one_name_are_refused() -> None:
    def repeat(model: onnx.ModelProto) -> None:
        model.graph.initializer.append(model.graph.initializer[-1])

    model = File(3)
    refuses(
        model,
        model.node("MatMul", model.bipolar("x"), WEIGHTS),
        "layer 'c1': the file holds two tensors of this name, and tools take one or the other",
        change=repeat,
    )
