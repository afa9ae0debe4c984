"""Arithmetic with constants, batch normalisation and Relu."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from support.onnx_files import agrees, refuses

from bnngen.base.errors import ModelError
from bnngen.frontend import import_onnx
from bnngen.passes.lower import lower
from tests.frontend.onnx_file import File

WEIGHTS = np.array([[1.0, -2.0, 3.0], [-1.0, 1.0, 2.0], [0.0, 1.0, -1.0], [3.0, -3.0, 1.0]])
PER_CHANNEL = np.array([0.5, -2.0, 1.0, 4.0])


def hidden(model: File) -> str:
    """Four sums behind bipolar inputs."""
    return model.node("MatMul", model.bipolar("x"), WEIGHTS.T)


def close(model: File, tensor: str) -> str:
    """A quantiser and a last layer."""
    return model.node("MatMul", model.bipolar(tensor), WEIGHTS)


@pytest.mark.parametrize("constant", [0.5, -2.0, [1.0], PER_CHANNEL, PER_CHANNEL[None], [[-0.75]]])
@pytest.mark.parametrize("op", ["Add", "Sub", "Mul", "Div"])
@pytest.mark.parametrize("constant_first", [False, True])
def test_arithmetic_with_a_constant_on_either_side(op: str, constant: object, constant_first: bool) -> None:
    model = File(3)
    inputs = [hidden(model), np.array(constant)]
    out = model.node(op, *(inputs[::-1] if constant_first else inputs), name="op")
    if op == "Div" and constant_first:
        problem = "divides a constant by a computed tensor, which is not affine"
        refuses(model, out, f"layer 'op': Div {problem}")
        return
    agrees(model, out)
    agrees(model, close(model, out))


def test_arithmetic_in_front_of_the_input_quantizer() -> None:
    model = File(3)
    x = model.node("Sub", model.node("Mul", model.node("Div", "x", 4.0), 8.0), 1.5)
    network = agrees(model, model.node("MatMul", model.quant(x, 0.5, 3.0), WEIGHTS.T))
    assert [float(network.quantizer.mul[0]), float(network.quantizer.add[0])] == [4.0, -3.0]


def test_constants_are_folded_in_real_numbers() -> None:
    model = File(3)
    factor = model.node("Div", model.node("Sub", 1.0, model.node("Mul", 0.5, 3.0)), 0.25)
    agrees(model, model.node("Mul", hidden(model), factor))


@pytest.mark.parametrize(
    ("gamma", "beta", "mean", "variance"),
    [
        ([1.0, -1.0, 0.5, -2.0], [0.0, 0.0, 0.0, 0.0], [0.0, 1.0, -2.0, 2.0], [1.0, 4.0, 0.25, 9.0]),
        ([0.0, 0.0, -0.0, 0.0], [0.5, -0.5, 0.0, -0.0], [1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0]),
        ([0.3, -0.7, 1e-30, -1e-30], [0.1, 0.2, -0.1, 0.1], [0.5, -0.3, 0.2, 0.9], [0.7, 1.3, 2.0, 0.01]),
        ([1.0, -1.0, 1.0, -1.0], [-1.0, 1.0, 2.0, -2.0], [0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 4.0, 4.0]),
    ],
    ids=["ties", "zero gamma", "irrational", "ties by beta"],
)
@pytest.mark.parametrize("scale", [1.0, -0.5])
def test_batch_normalization(
    gamma: list[Any], beta: list[Any], mean: list[Any], variance: list[Any], scale: float
) -> None:
    """Behind a product, with variances that are perfect squares (sums on the threshold) and that are not."""
    model = File(3)
    sums = model.node("Mul", hidden(model), scale)
    parameters = [np.array(p) for p in (gamma, beta, mean, variance)]
    out = model.node("BatchNormalization", sums, *parameters, epsilon=0.0)
    agrees(model, out)
    agrees(model, close(model, out))
    agrees(model, model.node("MatMul", model.quant(out, 0.5, 3.0), WEIGHTS))


def test_batch_normalization_adds_epsilon() -> None:
    choices: tuple[dict[str, Any], ...] = ({}, {"epsilon": 0.5})
    for attributes in choices:
        model = File(3)
        parameters = [PER_CHANNEL, PER_CHANNEL, PER_CHANNEL, np.zeros(4)]
        agrees(model, model.node("BatchNormalization", hidden(model), *parameters, **attributes))


@pytest.mark.parametrize("attributes", [True, False])
def test_batch_normalization_between_an_unsqueeze_and_a_squeeze(attributes: bool) -> None:
    """As BatchNorm1d is exported: (N, C) becomes (N, C, 1), by attributes up to opset 12, by inputs from 13 on."""
    model = File(3, opset=11 if attributes else 13)
    axes: dict[str, Any] = {"axes": [2]} if attributes else {}
    more = [] if attributes else [np.array([2])]
    out = model.node("Unsqueeze", hidden(model), *more, **axes)
    parameters = [PER_CHANNEL, -PER_CHANNEL, PER_CHANNEL, np.abs(PER_CHANNEL)]
    out = model.node("BatchNormalization", out, *parameters, epsilon=0.0)
    agrees(model, close(model, model.node("Squeeze", out, *more, **axes)))


def test_batch_normalization_of_an_image() -> None:
    """Per channel of (N, C, H, W), in front of the input's quantiser: one quantiser for each channel."""
    model = File(2, 2, 3)
    parameters = [np.array(p) for p in ([2.0, -1.0], [0.5, 1.0], [0.25, -0.5], [4.0, 0.25])]
    x = model.node("BatchNormalization", "x", *parameters, epsilon=0.0)
    flat = model.node("Flatten", model.quant(x, 0.5, 3.0))
    weights = np.arange(24.0).reshape(2, 12) - 11
    network = agrees(model, model.node("Gemm", flat, weights, transB=1))
    assert [float(m) for m in network.quantizer.mul] == [2.0, -4.0]


@pytest.mark.parametrize("shape", [(2, 1, 1), (1, 2, 1, 1), (1, 1, 1), ()])
def test_constants_for_the_channels_of_an_image(shape: tuple[Any, ...]) -> None:
    model = File(2, 2, 2)
    factor = np.array([0.5, -2.0] if 2 in shape else [0.5]).reshape(shape)
    x = model.bipolar(model.node("Add", model.node("Mul", "x", factor), 0.25))
    agrees(model, model.node("MatMul", model.node("Flatten", x), np.arange(8.0).reshape(8, 1)))


@pytest.mark.parametrize(
    "shape", [(2,), (1, 2), (3, 1), (2, 3), (1, 1, 2, 3), (2, 2, 3), (2, 1, 1, 1), (1, 1, 2, 1, 1)]
)
def test_constants_along_other_axes_are_refused(shape: tuple[Any, ...]) -> None:
    """Of an image (N, 2, 2, 3); some of these shapes hold two numbers, but not for the two channels."""
    model = File(2, 2, 3)
    refuses(
        model,
        model.node("Mul", "x", np.arange(1.0, 1 + np.prod(shape)).reshape(shape), name="op"),
        f"layer 'op': Mul has parameters of shape {shape} for a tensor of shape (1, 2, 2, 3); "
        "accepted are one number, or one for each channel",
    )


def test_too_few_constants_are_refused() -> None:
    model = File(3)
    refuses(
        model,
        model.node("Add", hidden(model), np.ones(3), name="op"),
        "layer 'op': Add has parameters of shape (3,) for a tensor of shape (1, 4); "
        "accepted are one number, or one for each channel",
    )


def test_relu_in_front_of_a_quantizer() -> None:
    for signed in (0, 1):
        model = File(3)
        sums = model.node("Mul", hidden(model), PER_CHANNEL)
        codes = model.quant(model.node("Relu", sums), 1.0, 3.0, signed=signed)
        agrees(model, model.node("MatMul", codes, WEIGHTS))
    model = File(3)
    agrees(model, close(model, model.node("Sub", model.node("Relu", hidden(model)), 1.0)))


def test_relu_on_the_output_is_refused() -> None:
    model = File(3)
    refuses(
        model,
        model.node("Relu", hidden(model), name="relu"),
        "layer 'relu': Relu works on real numbers here; quantise its result, or remove it",
    )


@pytest.mark.parametrize("variance", [0.0, -1.0])
def test_a_variance_that_is_not_positive_is_refused(variance: float) -> None:
    model = File(3)
    parameters = [PER_CHANNEL, PER_CHANNEL, PER_CHANNEL, np.array([1.0, 2.0, variance, 1.0])]
    refuses(
        model,
        model.node("BatchNormalization", hidden(model), *parameters, epsilon=0.0, name="bn"),
        f"layer 'bn': BatchNormalization has variance + epsilon = {variance} in channel 2; it must be above 0",
    )


@pytest.mark.parametrize("position", range(4))
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_parameters_that_are_no_numbers_are_refused(position: int, bad: float) -> None:
    parameters = [np.ones(4) for _ in range(4)]
    parameters[position][1] = bad
    model = File(3)
    refuses(
        model,
        model.node("BatchNormalization", hidden(model), *parameters, name="bn"),
        f"layer 'bn': BatchNormalization {bad} is not a finite number",
    )


def test_batch_normalization_in_training_is_refused() -> None:
    """It would take mean and variance from the batch, not from its inputs."""
    model = File(3, opset=15)
    parameters = [np.ones(4) for _ in range(4)]
    refuses(
        model,
        model.node("BatchNormalization", hidden(model), *parameters, name="bn", training_mode=1),
        "layer 'bn': BatchNormalization is in training mode; export the model in evaluation mode",
    )


def test_division_by_zero_is_refused() -> None:
    model = File(3)
    refuses(
        model,
        model.node("Div", hidden(model), [1.0, 0.0, 1.0, 1.0], name="op"),
        "layer 'op': Div divides by zero",
    )
    model = File(3)
    zero = model.node("Div", 1.0, 0.0, name="op")
    refuses(model, model.node("Mul", hidden(model), zero), "layer 'op': Div divides by zero")


@pytest.mark.parametrize("op", ["Mul", "Div"])
def test_two_computed_tensors_are_refused(op: str) -> None:
    model = File(3)
    sums = hidden(model)
    refuses(
        model,
        model.node(op, sums, sums, name="op"),
        f"layer 'op': {op} of two computed tensors is not supported",
    )


def test_a_factor_of_several_roots() -> None:
    """x/(sqrt(var) + eps), as a hand-made normalisation may have it."""
    model = File(3)
    deviation = model.node("Add", model.node("Sqrt", [2.0, 3.0, 0.5, 1.0]), 0.25)
    agrees(model, model.node("Div", hidden(model), deviation))
    agrees(model, close(model, model.node("Sub", model.node("Div", hidden(model), deviation), 1.0)))
    agrees(model, close(model, model.node("Add", model.node("Mul", hidden(model), deviation), 0.5)))


def test_initializers_that_are_graph_inputs_too() -> None:
    def list_as_inputs(model: onnx.ModelProto) -> None:
        for tensor in model.graph.initializer:
            value = onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
            model.graph.input.insert(0, value)

    model = File(3)
    agrees(model, close(model, model.node("Mul", hidden(model), PER_CHANNEL)), change=list_as_inputs)


def test_single_precision_parameters_are_binary_fractions(tmp_path: Path) -> None:
    model = File(3)
    factor = np.float32(0.1)
    network = lower(
        import_onnx(model.save(tmp_path / "model.onnx", model.node("Mul", hidden(model), np.array([factor]))))
    )
    assert network.host.mul[0].fraction().as_integer_ratio() == float(factor).as_integer_ratio()


@pytest.mark.parametrize(
    ("op", "left", "right", "wanted"),
    [
        ("Div", [7, -7, 7], [2, 2, -2], [3, -3, -3]),
        ("Add", [1, 2, 3], [1, 1, 1], [2, 3, 4]),
        ("Mul", [1, 2, 3], [-2], [-2, -4, -6]),
    ],
)
def test_whole_constants_stay_whole(op: str, left: list[Any], right: list[Any], wanted: list[Any]) -> None:
    model = File(3)
    numbers = model.node(op, np.array(left), np.array(right))
    sums = model.node("MatMul", model.bipolar("x"), np.eye(3))
    network = agrees(model, model.node("Mul", sums, model.node("Cast", numbers, to=11)))
    assert [int(m) for m in network.host.mul] == wanted


def test_whole_constants_beyond_their_type_are_refused() -> None:
    model = File(3)
    sums = model.node("Add", np.array([100], np.int8), np.array([100], np.int8), name="op")
    refuses(model, model.node("Mul", "x", sums), "layer 'op': Add leaves the range of int8 -128..127")


def test_codes_of_a_constant_stay_in_their_type() -> None:
    """ONNX's own sum of int8 begins anew at the other end."""
    model = File(3)
    codes = model.node("QuantizeLinear", np.array([100.0]), 1.0, np.array(0, np.int8))
    doubled = model.node("Add", codes, np.array([100], np.int8), name="op")
    refuses(model, model.node("Mul", "x", doubled), "layer 'op': Add leaves the range of int8 -128..127")


def test_computed_codes_stay_in_their_type() -> None:
    model = File(3)
    codes = model.node("QuantizeLinear", "x", 1.0, np.array(0, np.int8))
    scaled = model.node("Mul", codes, np.array([2], np.int8), name="op")
    out = model.node("MatMul", model.node("Cast", scaled, to=1), np.eye(3))
    message = "Mul of integers int8 -128..127 may leave the range of int8 -128..127; cast them to float first"
    refuses(model, out, f"layer 'op': {message}")


@pytest.mark.parametrize("shapes", [((3, 1, 1), (3,)), ((3, 2, 2), (3, 1, 1))])
def test_sums_that_would_broadcast_are_refused(tmp_path: Path, shapes: tuple[Any, ...]) -> None:
    """(N, 3) meets the last axes of (N, 3, 1, 1), not its channels: the result would mix frames."""
    model = File(3, 2, 2)
    x = model.quant("x", 1.0)
    wide = x if shapes[0] == (3, 2, 2) else model.node("GlobalAveragePool", x)
    small = model.node("GlobalAveragePool", x)
    other = small if shapes[1] != (3,) else model.node("Flatten", small)
    path = model.save(tmp_path / "model.onnx", model.node("Add", wide, other, name="op"))
    with pytest.raises(ModelError, match=r"^layer 'op': Add of tensors of shapes .* both sides must have"):
        import_onnx(path)


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 6.0), (-1.0, 1.0), (None, 0.75), (-0.5, None), (-np.inf, 2.0)]
)
@pytest.mark.parametrize("opset", [9, 13])
def test_clip_in_front_of_a_quantizer(low: float | None, high: float | None, opset: int) -> None:
    model = File(4, opset=opset)
    sums = model.node("Add", model.node("MatMul", model.quant("x", 0.5), np.eye(4)), 0.25)
    if opset < 11:
        ends: dict[str, Any] = {name: v for name, v in (("min", low), ("max", high)) if v is not None}
        clipped = model.node("Clip", sums, **ends)
    else:
        clipped = model.node("Clip", sums, *("" if v is None else v for v in (low, high)))
    agrees(model, model.node("MatMul", model.quant(clipped, 0.5, bits=3.0), np.eye(4)))


def test_clip_of_the_input_leaves_out_codes() -> None:
    model = File(3)
    clipped = model.quant(model.node("Clip", "x", -0.4, 1.3), 0.25)
    network = agrees(model, model.node("MatMul", clipped, np.eye(3)))
    assert (network.quantizer.type.lo, network.quantizer.type.hi) == (-2, 5)


def test_clip_with_its_ends_exchanged_is_refused() -> None:
    model = File(3)
    refuses(
        model,
        model.node("Clip", "x", 1.0, -1.0, name="op"),
        "layer 'op': Clip has a least value of 1 above the greatest, -1",
    )


def test_neg() -> None:
    model = File(3)
    x = model.node("Neg", model.quant("x", 0.5))
    agrees(model, model.node("Mul", model.node("MatMul", x, np.eye(3)), model.node("Neg", 2.0)))
